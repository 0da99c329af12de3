-- The targets that a plan trains: by one training type, or (null) by any.
CREATE OR REPLACE TEMP MACRO plan_targets(kind := NULL, plan := NULL) AS TABLE
SELECT target, min(ordinal) AS ordinal
FROM jobs_of(plan)
WHERE training_type <> 'blocked' AND coalesce(training_type = kind, true)
GROUP BY target
ORDER BY ordinal;
