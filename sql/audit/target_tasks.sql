-- The sides and tasks that the targets of the flips have in the commit that is decided again: what a policy asks of a target
-- depends on nothing else of it but its name.
CREATE OR REPLACE TEMP TABLE target_tasks AS
SELECT min("position") AS "position", target, mode, task_type
FROM lake.candidates
WHERE commit_id = getvariable('replayed_commit')::BIGINT AND target IN (SELECT target FROM flips)
GROUP BY target, mode, task_type;
