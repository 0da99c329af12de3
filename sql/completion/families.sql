-- The first $most model families of the newest run's plan that start with $prefix, by name.
-- makes: rows
-- reads: jobs, latest_run, $most, $prefix
SELECT DISTINCT family
FROM (SELECT unnest(model_families) AS family FROM jobs WHERE plan_id = (SELECT plan_id FROM latest_run))
WHERE starts_with(family, $prefix)
ORDER BY family
LIMIT $most;
