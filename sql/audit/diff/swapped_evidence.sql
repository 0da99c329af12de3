-- What the rules read of the two commits, where the lane ranks symbols: all of it. It is read where it lies, because to copy
-- a million rows takes longer than to decide them.
-- makes: view swapped_evidence
-- reads: lake.candidates, variable swapped_commits
CREATE OR REPLACE TEMP VIEW swapped_evidence AS
SELECT commit_id, "position", target, symbol, mode, score, null_score, stability, stability_metrics, stability_snapshots,
       sample_size, leakage_status, model_status, failed_model_families, task_type, metric_name
FROM lake.candidates
WHERE commit_id IN (getvariable('swapped_commits')[1], getvariable('swapped_commits')[2]);
