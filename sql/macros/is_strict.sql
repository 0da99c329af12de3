-- Whether a plan was made under strict semantics; older plans, which do not say, were not.
-- plan: a plan id; null: the current plan
-- makes: macro is_strict()
-- reads: plan_of()
CREATE OR REPLACE MACRO is_strict(plan) AS
    coalesce((SELECT metadata->>'$.semantics' = 'strict' FROM plan_of(plan)), false);
