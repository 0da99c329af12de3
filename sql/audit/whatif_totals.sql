-- How much another policy changes, over all runs that were decided again.
SELECT
    coalesce((SELECT 1 - sum(flipped_pairs) / nullif(sum(pairs), 0) FROM whatif_runs), 1.0)::DOUBLE AS agreement,
    (SELECT count(*) FROM whatif_flips)                              AS flips,
    (SELECT count(*) FROM whatif_jobs WHERE "change" = 'added')      AS jobs_added,
    (SELECT count(*) FROM whatif_jobs WHERE "change" = 'removed')    AS jobs_removed;
