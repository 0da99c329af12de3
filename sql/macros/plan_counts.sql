-- How many jobs of a plan there are of each training type and route.
CREATE OR REPLACE TEMP MACRO plan_counts(plan := NULL) AS TABLE
SELECT training_type, route, count(*) AS jobs
FROM jobs_of(plan)
GROUP BY ALL
ORDER BY min(ordinal);
