-- The sides and tasks that the targets of the flips have in either run: what a policy asks of a target depends on nothing
-- else of it but its name. They are gathered before they are chosen, because a million rows have few of them.
-- makes: table target_tasks
-- reads: flips, lake.candidates, $a, $b
CREATE OR REPLACE TEMP TABLE target_tasks AS
WITH tasks AS (
    SELECT DISTINCT target, mode, task_type, metric_name FROM lake.candidates WHERE commit_id IN ($a, $b)
)
SELECT t.* FROM tasks AS t SEMI JOIN flips AS f ON f.target = t.target;
