-- The evidence of each scenario of a replay, as far as rules read it: that of a commit. Positions stay in order within a
-- scenario and are unique over all.
-- makes: view laid_evidence
-- reads: kept_evidence, staged_scenarios
CREATE OR REPLACE TEMP VIEW laid_evidence AS
SELECT s.scenario * 4294967296 + e."position" AS "position", e.target, e.symbol, e.mode, e.score, e.null_score, e.stability,
       e.stability_metrics, e.stability_snapshots, e.sample_size, e.leakage_status, e.model_status, e.failed_model_families,
       e.task_type, e.metric_name, s.scenario
FROM staged_scenarios AS s
JOIN kept_evidence AS e USING (commit_id);
