-- The sides and tasks that the targets of the flips have in either run: what a policy asks of a target depends on nothing
-- else of it but its name.
CREATE OR REPLACE TEMP TABLE target_tasks AS
SELECT DISTINCT target, mode, task_type
FROM lake.candidates
WHERE commit_id IN ($a, $b) AND target IN (SELECT target FROM flips);
