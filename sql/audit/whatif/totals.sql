-- Counts of the changes by another policy, over all replayed runs.
-- makes: rows
-- reads: whatif_jobs, whatif_left_out, whatif_runs
SELECT
    coalesce(1 - sum(flipped_pairs) / nullif(sum(pairs), 0), 1.0)::DOUBLE   AS agreement,
    coalesce(sum(flipped_pairs), 0)::BIGINT                                 AS flipped_pairs,
    coalesce(sum(flipped_targets), 0)::BIGINT                               AS flipped_targets,
    (SELECT count(*) FROM whatif_jobs WHERE "change" = 'added')             AS jobs_added,
    (SELECT count(*) FROM whatif_jobs WHERE "change" = 'removed')           AS jobs_removed,
    coalesce(sum(fits_added), 0)::BIGINT                                    AS fits_added,
    coalesce(sum(fits_removed), 0)::BIGINT                                  AS fits_removed,
    (SELECT coalesce(sum(len(left_out_families)), 0)::BIGINT FROM whatif_left_out
     WHERE len(kept_families) > 0)                                          AS families_left_out,
    (SELECT count(*) FROM whatif_left_out WHERE len(kept_families) = 0)     AS jobs_left_out
FROM whatif_runs;
