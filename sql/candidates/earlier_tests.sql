-- The tests that the ledger knew before a commit: the distinct evidence of each side that has a p-value. Evidence that several
-- runs recorded is one test.
-- makes: rows
-- reads: lake.candidates, $before_commit
SELECT DISTINCT mode, target, symbol, score, p_value
FROM lake.candidates
WHERE commit_id < $before_commit AND p_value IS NOT NULL;
