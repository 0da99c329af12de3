-- Whether a plan trains a pair (or, symbol null, a target). The reference counts a blocked job that is listed.
-- t: a target
-- s: a symbol; null: the target's cross-sectional side
-- kind: a training type; null: any
-- plan: a plan id; null: the current plan
-- makes: macro should_train()
-- reads: is_strict(), jobs_for_pair()
CREATE OR REPLACE MACRO should_train(t, s, kind := NULL, plan := NULL) AS (
    SELECT count(*) > 0
    FROM jobs_for_pair(t, s, kind := kind, plan := plan)
    WHERE training_type <> 'blocked' OR NOT is_strict(plan)
);
