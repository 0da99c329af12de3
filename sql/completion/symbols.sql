-- The first $most symbols that start with $prefix, by name: of the newest run's decisions, or of its plan's jobs; on
-- $targets alone, where these are given.
-- makes: rows
-- reads: decisions, jobs, latest_run, $most, $planned, $prefix, $targets
SELECT DISTINCT symbol
FROM (
    SELECT target, symbol FROM decisions WHERE NOT $planned AND commit_id = (SELECT commit_id FROM latest_run)
    UNION ALL
    SELECT target, symbol FROM jobs WHERE $planned AND plan_id = (SELECT plan_id FROM latest_run)
)
WHERE starts_with(symbol, $prefix) AND (len($targets::VARCHAR[]) = 0 OR target IN (SELECT unnest($targets::VARCHAR[])))
ORDER BY symbol
LIMIT $most;
