-- How many jobs of a plan there are of each training type and route.
-- plan: a plan id; null: the current plan
-- training_type: `cross_sectional`, `symbol_specific` or `blocked`
-- route: the route that the jobs come from
-- jobs: how many jobs
-- makes: macro plan_counts()
-- reads: jobs_of()
CREATE OR REPLACE MACRO plan_counts(plan := NULL) AS TABLE
SELECT training_type, route, count(*) AS jobs
FROM jobs_of(plan)
GROUP BY ALL
ORDER BY min(ordinal);
