-- The evidence of the two commits, where the lane ranks symbols: all of it. It is not copied, because copying a
-- million rows takes longer than deciding them.
-- makes: view swapped_evidence
-- reads: lake.candidates, variable swapped_commits
CREATE OR REPLACE TEMP VIEW swapped_evidence AS
SELECT * EXCLUDE (run_id)
FROM lake.candidates
WHERE commit_id IN (getvariable('swapped_commits')[1], getvariable('swapped_commits')[2]);
