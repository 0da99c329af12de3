-- The evidence of each scenario of a replay, with what is staged as changed on the side of one pair.
-- makes: table scenario_evidence
-- reads: laid_evidence, staged_changes
CREATE OR REPLACE TEMP TABLE scenario_evidence AS
WITH laid AS MATERIALIZED (
    SELECT e.*, c.patch
    FROM laid_evidence AS e
    LEFT JOIN staged_changes AS c
        ON c.scenario = e.scenario
        AND c.side = CASE e.mode WHEN 'CROSS_SECTIONAL' THEN 'cross_sectional' ELSE 'symbol' END
        -- equalities only, because an OR here would make the join compare every change with every candidate
        AND CASE c.side WHEN 'cross_sectional' THEN NULL ELSE c.symbol END
            IS NOT DISTINCT FROM CASE e.mode WHEN 'CROSS_SECTIONAL' THEN NULL ELSE e.symbol END
)
SELECT * EXCLUDE (patch) FROM laid WHERE patch IS NULL
UNION ALL
-- apart, because few rows are changed, and whether they are is asked of every column
SELECT * EXCLUDE (patch) REPLACE (
        CASE WHEN json_exists(patch, '$.score') THEN (patch->>'$.score')::DOUBLE ELSE score END AS score,
        CASE WHEN json_exists(patch, '$.null_score') THEN (patch->>'$.null_score')::DOUBLE ELSE null_score END AS null_score,
        CASE WHEN json_exists(patch, '$.stability') THEN patch->>'$.stability' ELSE stability END AS stability,
        CASE WHEN json_exists(patch, '$.stability_metrics') AND json_type(patch, '$.stability_metrics') = 'NULL' THEN NULL
             WHEN json_exists(patch, '$.stability_metrics') THEN {
                'mean_overlap': CASE WHEN json_exists(patch, '$.stability_metrics.mean_overlap') THEN (patch->>'$.stability_metrics.mean_overlap')::DOUBLE
                    ELSE stability_metrics.mean_overlap END,
                'std_overlap': CASE WHEN json_exists(patch, '$.stability_metrics.std_overlap') THEN (patch->>'$.stability_metrics.std_overlap')::DOUBLE
                    ELSE stability_metrics.std_overlap END,
                'mean_tau': CASE WHEN json_exists(patch, '$.stability_metrics.mean_tau') THEN (patch->>'$.stability_metrics.mean_tau')::DOUBLE
                    ELSE stability_metrics.mean_tau END,
                'std_tau': CASE WHEN json_exists(patch, '$.stability_metrics.std_tau') THEN (patch->>'$.stability_metrics.std_tau')::DOUBLE
                    ELSE stability_metrics.std_tau END}
             ELSE stability_metrics END AS stability_metrics,
        CASE WHEN json_exists(patch, '$.stability_snapshots') THEN (patch->>'$.stability_snapshots')::BIGINT
             ELSE stability_snapshots END AS stability_snapshots,
        CASE WHEN json_exists(patch, '$.sample_size') THEN (patch->>'$.sample_size')::BIGINT ELSE sample_size END AS sample_size,
        CASE WHEN json_exists(patch, '$.leakage_status') THEN patch->>'$.leakage_status' ELSE leakage_status END AS leakage_status,
        CASE WHEN json_exists(patch, '$.model_status') THEN patch->>'$.model_status' ELSE model_status END AS model_status,
        CASE WHEN json_exists(patch, '$.failed_model_families') THEN (patch->'$.failed_model_families')::VARCHAR[]
             ELSE failed_model_families END AS failed_model_families,
        CASE WHEN json_exists(patch, '$.task_type') THEN patch->>'$.task_type' ELSE task_type END AS task_type,
        CASE WHEN json_exists(patch, '$.metric_name') THEN patch->>'$.metric_name' ELSE metric_name END AS metric_name
    )
FROM laid
WHERE patch IS NOT NULL AND NOT coalesce((patch->>'$.absent')::BOOLEAN, false);
