-- The families that train a pair (or, symbol null, a target); null where there are none. Under the reference one job
-- counts, a cross-sectional one before others and then the one whose id comes first, and where there is no job, or it has no
-- families, the families of the plan.
-- t: a target
-- s: a symbol; null: the target's cross-sectional side
-- kind: a training type; null: any
-- plan: a plan id; null: the current plan
-- makes: macro model_families_for_job()
-- reads: is_strict(), jobs_for_pair(), list_distinct_in_order(), plan_of()
CREATE OR REPLACE MACRO model_families_for_job(t, s, kind := NULL, plan := NULL) AS (
    SELECT CASE
        WHEN is_strict(plan) THEN nullif(list_distinct_in_order(flatten(coalesce(list(model_families ORDER BY ordinal), []))), [])
        ELSE coalesce(
            nullif(first(model_families ORDER BY training_type = 'cross_sectional' DESC, job_id NULLS FIRST, ordinal), []),
            nullif((SELECT (metadata->'$.model_families')::VARCHAR[] FROM plan_of(plan)), [])
        )
    END
    FROM jobs_for_pair(t, s, kind := kind, plan := plan)
);
