-- The targets of the flips under two policies, as little evidence as tells which sides and tasks they have: the other columns
-- are null. All rows have one place, so that none repeats an earlier one.
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
