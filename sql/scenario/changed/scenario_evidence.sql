-- The evidence of each scenario of a replay, with the changes that are staged; of a struct, those of the named fields.
-- makes: table scenario_evidence
-- reads: laid_evidence, staged_changes
CREATE OR REPLACE TEMP TABLE scenario_evidence AS
WITH staged AS MATERIALIZED (
    SELECT e AS candidate, c.change, coalesce(c.absent, false) AS absent
    FROM laid_evidence AS e
    LEFT JOIN staged_changes AS c
        ON c.scenario = e.scenario
        AND c.side = CASE e.mode WHEN 'CROSS_SECTIONAL' THEN 'cross_sectional' ELSE 'symbol' END
        -- equalities only, because an OR here would make the join compare every change with every candidate
        AND CASE c.side WHEN 'cross_sectional' THEN NULL ELSE c.symbol END
            IS NOT DISTINCT FROM CASE e.mode WHEN 'CROSS_SECTIONAL' THEN NULL ELSE e.symbol END
)
SELECT unnest(candidate) FROM staged WHERE change IS NULL
UNION ALL BY NAME
-- because a merged null takes its key away, which a cast to STRUCT would refuse
SELECT unnest(from_json(json_merge_patch(to_json(candidate), change), '{
    "position": "BIGINT", "target": "VARCHAR", "symbol": "VARCHAR", "mode": "VARCHAR", "score": "DOUBLE",
    "null_score": "DOUBLE", "p_value": "DOUBLE", "effective_samples": "DOUBLE", "q_value": "DOUBLE", "q_value_by": "DOUBLE",
    "q_value_over_trials": "DOUBLE", "q_value_by_over_trials": "DOUBLE", "shrunken_score": "DOUBLE", "stability": "VARCHAR",
    "stability_metrics": {"mean_overlap": "DOUBLE", "std_overlap": "DOUBLE", "mean_tau": "DOUBLE", "std_tau": "DOUBLE"},
    "stability_snapshots": "BIGINT", "sample_size": "BIGINT", "leakage_status": "VARCHAR",
    "failed_model_families": ["VARCHAR"], "model_status": "VARCHAR", "task_type": "VARCHAR", "metric_name": "VARCHAR",
    "scenario": "BIGINT"
}'))
FROM staged
WHERE change IS NOT NULL AND NOT absent;
