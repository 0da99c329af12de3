-- The newest run that outcomes were recorded of.
-- makes: rows
-- reads: outcomes, runs
SELECT run_id FROM runs WHERE run_id IN (SELECT run_id FROM outcomes) ORDER BY commit_id DESC LIMIT 1;
