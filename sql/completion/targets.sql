-- The first $most targets that start with $prefix, by name: of the newest run's decisions, or of its plan's jobs.
-- makes: rows
-- reads: decisions, jobs, latest_run, $most, $planned, $prefix
SELECT DISTINCT target
FROM (
    SELECT target FROM decisions WHERE NOT $planned AND commit_id = (SELECT commit_id FROM latest_run)
    UNION ALL
    SELECT target FROM jobs WHERE $planned AND plan_id = (SELECT plan_id FROM latest_run)
)
WHERE starts_with(target, $prefix)
ORDER BY target
LIMIT $most;
