-- What the rules read of the commit that is decided again, where the lane ranks symbols: all of each target that is asked
-- about. It is read where it lies, because to copy a million rows takes longer than to decide them.
CREATE OR REPLACE TEMP VIEW evidence AS
SELECT "position", target, symbol, mode, score, null_score, stability, stability_metrics, stability_snapshots, sample_size,
       leakage_status, model_status, failed_model_families, task_type
FROM lake.candidates
WHERE commit_id = getvariable('replayed_commit')::BIGINT AND target IN (SELECT target FROM asked);
