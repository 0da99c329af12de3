-- How much another policy changes of each target, over all runs, most first.
SELECT target, sum(flips)::BIGINT AS flips, sum(added)::BIGINT AS jobs_added, sum(removed)::BIGINT AS jobs_removed
FROM (
    SELECT target, 1 AS flips, 0 AS added, 0 AS removed FROM whatif_flips
    UNION ALL
    SELECT target, 0, ("change" = 'added')::INTEGER, ("change" = 'removed')::INTEGER FROM whatif_jobs
)
GROUP BY target
ORDER BY flips DESC, target;
