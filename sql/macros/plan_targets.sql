-- The targets that a plan trains: by one training type, or (null) by any.
-- kind: a training type; null: any
-- plan: a plan id; null: the current plan
-- target: the target
-- ordinal: place of its first job in the plan
-- makes: macro plan_targets()
-- reads: jobs_of()
CREATE OR REPLACE MACRO plan_targets(kind := NULL, plan := NULL) AS TABLE
SELECT target, min(ordinal) AS ordinal
FROM jobs_of(plan)
WHERE training_type <> 'blocked' AND coalesce(training_type = kind, true)
GROUP BY target
ORDER BY ordinal;
