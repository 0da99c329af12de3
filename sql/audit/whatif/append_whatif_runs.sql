-- The counts of one run, with and without another policy.
-- appends to: whatif_runs
-- reads: recorded, whatif_flips, $commit_id, $run_id
INSERT INTO whatif_runs
SELECT $run_id, $commit_id, (SELECT count(symbol) FROM recorded), count(symbol), count(*) - count(symbol)
FROM whatif_flips
WHERE commit_id = $commit_id;
