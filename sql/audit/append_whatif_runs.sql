INSERT INTO whatif_runs
SELECT $run_id, $commit_id,
       (SELECT count(*) FROM recorded WHERE symbol IS NOT NULL),
       (SELECT count(*) FROM whatif_flips WHERE commit_id = $commit_id AND symbol IS NOT NULL);
