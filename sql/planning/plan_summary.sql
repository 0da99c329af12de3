-- The counts of a plan's jobs; keys in the order of their first job.
-- makes: table plan_summary
-- reads: jobs
CREATE OR REPLACE TEMP TABLE plan_summary AS
WITH counts AS (
    SELECT 'route' AS kind, route AS "key", count(*) AS jobs, min(ordinal) AS first FROM jobs GROUP BY route
    UNION ALL
    SELECT 'type', training_type, count(*), min(ordinal) FROM jobs GROUP BY training_type
    UNION ALL
    SELECT 'priority', priority::VARCHAR, count(*), min(ordinal) FROM jobs GROUP BY priority
)
SELECT
    coalesce(map_from_entries(list(("key", jobs) ORDER BY first) FILTER (kind = 'route')), MAP {})     AS by_route,
    coalesce(map_from_entries(list(("key", jobs) ORDER BY first) FILTER (kind = 'type')), MAP {})      AS by_type,
    coalesce(map_from_entries(list(("key", jobs) ORDER BY first) FILTER (kind = 'priority')), MAP {})  AS by_priority,
    coalesce(sum(jobs) FILTER (kind = 'type' AND "key" = 'cross_sectional'), 0)::BIGINT                AS total_cs_jobs,
    coalesce(sum(jobs) FILTER (kind = 'type' AND "key" = 'symbol_specific'), 0)::BIGINT                AS total_symbol_jobs,
    coalesce(sum(jobs) FILTER (kind = 'type' AND "key" = 'blocked'), 0)::BIGINT                        AS total_blocked,
    coalesce(sum(jobs) FILTER (kind = 'type'), 0)::BIGINT                                              AS total_jobs
FROM counts;
