-- Counts of the changes by another policy in each run, oldest first.
-- makes: rows
-- reads: whatif_jobs, whatif_left_out, whatif_runs
SELECT r.run_id, r.commit_id, r.pairs,
       r.flipped_pairs + r.flipped_targets AS flips, r.flipped_pairs, r.flipped_targets,
       coalesce(1 - r.flipped_pairs / nullif(r.pairs, 0), 1.0)::DOUBLE            AS agreement,
       (SELECT count(*) FROM whatif_jobs AS j WHERE j.commit_id = r.commit_id AND j."change" = 'added')    AS jobs_added,
       (SELECT count(*) FROM whatif_jobs AS j WHERE j.commit_id = r.commit_id AND j."change" = 'removed')  AS jobs_removed,
       r.fits_added, r.fits_removed,
       (SELECT coalesce(sum(len(l.left_out_families)), 0)::BIGINT FROM whatif_left_out AS l
        WHERE l.commit_id = r.commit_id AND len(l.kept_families) > 0)                                      AS families_left_out,
       (SELECT count(*) FROM whatif_left_out AS l
        WHERE l.commit_id = r.commit_id AND len(l.kept_families) = 0)                                      AS jobs_left_out
FROM whatif_runs AS r
ORDER BY r.commit_id;
