-- The targets of the flips under two policies, with only the columns of their sides and tasks; the others are null. All
-- rows have one position, so that none counts as repeated.
-- makes: view scenario_evidence
-- reads: lake.candidates, scenarios, target_tasks
CREATE OR REPLACE TEMP VIEW scenario_evidence AS
SELECT n.* EXCLUDE (commit_id, run_id)
         REPLACE (1::BIGINT AS "position", t.target AS target, concat(t.task_type) AS symbol, t.mode AS mode,
                  t.task_type AS task_type, t.metric_name AS metric_name),
       s.scenario
FROM target_tasks AS t
CROSS JOIN scenarios AS s
LEFT JOIN (FROM lake.candidates LIMIT 0) AS n ON false;
