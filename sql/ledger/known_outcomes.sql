-- The recorded outcomes of some runs.
-- makes: rows
-- reads: lake.outcomes, $runs
SELECT * EXCLUDE (commit_id, "position")
FROM lake.outcomes
WHERE run_id IN (SELECT unnest($runs::VARCHAR[]));
