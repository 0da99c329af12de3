-- The sides and tasks of the flipped targets in either run: a policy's thresholds for a target depend only on them and its
-- name. They are grouped before they are filtered, because a million rows have few of them.
-- makes: table target_tasks
-- reads: flips, lake.candidates, $a, $b
CREATE OR REPLACE TEMP TABLE target_tasks AS
WITH tasks AS (
    SELECT DISTINCT target, mode, task_type, metric_name FROM lake.candidates WHERE commit_id IN ($a, $b)
)
SELECT t.* FROM tasks AS t SEMI JOIN flips AS f ON f.target = t.target;
