-- The targets of the flips under two policies, as little evidence as tells which sides and tasks they have. All rows have
-- one place, so that none repeats an earlier one.
-- makes: view scenario_evidence
-- reads: scenarios, target_tasks
CREATE OR REPLACE TEMP VIEW scenario_evidence AS
SELECT 1::BIGINT AS "position", t.target, concat(t.task_type) AS symbol, t.mode, t.task_type, t.metric_name, s.scenario,
       NULL::DOUBLE AS score, NULL::DOUBLE AS null_score, NULL::VARCHAR AS stability,
       NULL::STRUCT(mean_overlap DOUBLE, std_overlap DOUBLE, mean_tau DOUBLE, std_tau DOUBLE) AS stability_metrics,
       NULL::BIGINT AS stability_snapshots, NULL::BIGINT AS sample_size, NULL::VARCHAR AS leakage_status,
       NULL::VARCHAR AS model_status, NULL::VARCHAR[] AS failed_model_families
FROM target_tasks AS t, scenarios AS s;
