-- Counts of the changes by another policy, over all replayed runs.
-- makes: rows
-- reads: whatif_jobs, whatif_runs
SELECT
    coalesce(1 - sum(flipped_pairs) / nullif(sum(pairs), 0), 1.0)::DOUBLE   AS agreement,
    coalesce(sum(flipped_pairs), 0)::BIGINT                                 AS flipped_pairs,
    coalesce(sum(flipped_targets), 0)::BIGINT                               AS flipped_targets,
    (SELECT count(*) FROM whatif_jobs WHERE "change" = 'added')             AS jobs_added,
    (SELECT count(*) FROM whatif_jobs WHERE "change" = 'removed')           AS jobs_removed
FROM whatif_runs;
