-- Counts of the changes by another policy for each target, over all runs, most first: of its pairs, and of the target itself.
-- makes: rows
-- reads: whatif_flips, whatif_jobs
SELECT target, count(*) FILTER (flips) AS flips, count(symbol) AS flipped_pairs, count(*) FILTER (flips AND symbol IS NULL) AS flipped_targets,
       count(*) FILTER ("change" = 'added') AS jobs_added, count(*) FILTER ("change" = 'removed') AS jobs_removed
FROM (
    SELECT target, symbol, true AS flips, NULL AS "change" FROM whatif_flips
    UNION ALL
    SELECT target, NULL, false, "change" FROM whatif_jobs
)
GROUP BY target
ORDER BY 2 DESC, target;
