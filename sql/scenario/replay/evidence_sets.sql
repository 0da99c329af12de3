-- The candidates of a replay, those of each run as a set.
-- makes: table evidence_sets
-- reads: $rows
CREATE OR REPLACE TEMP TABLE evidence_sets AS
SELECT unnest($rows::JSON::STRUCT(
    evidence_set BIGINT, "position" BIGINT, target VARCHAR, symbol VARCHAR, mode VARCHAR, score DOUBLE, null_score DOUBLE,
    p_value DOUBLE, effective_samples DOUBLE, q_value DOUBLE, q_value_by DOUBLE, q_value_over_trials DOUBLE,
    q_value_by_over_trials DOUBLE, shrunken_score DOUBLE, stability VARCHAR,
    stability_metrics STRUCT(mean_overlap DOUBLE, std_overlap DOUBLE, mean_tau DOUBLE, std_tau DOUBLE),
    stability_snapshots BIGINT, sample_size BIGINT, leakage_status VARCHAR, failed_model_families VARCHAR[],
    model_status VARCHAR, task_type VARCHAR, metric_name VARCHAR
)[], max_depth := 2);
