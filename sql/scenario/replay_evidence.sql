-- The evidence of each scenario of a replay: that of a commit, with what is staged as changed on the side of one pair.
-- Positions stay in order within a scenario and are unique over all.
CREATE OR REPLACE TEMP TABLE scenario_evidence AS
SELECT
    s.scenario * 4294967296 + e."position" AS "position",
    e.* EXCLUDE (commit_id, "position") REPLACE (
        CASE WHEN json_exists(c.patch, '$.score') THEN (c.patch->>'$.score')::DOUBLE ELSE e.score END AS score,
        CASE WHEN json_exists(c.patch, '$.null_score') THEN (c.patch->>'$.null_score')::DOUBLE
             ELSE e.null_score END AS null_score,
        CASE WHEN json_exists(c.patch, '$.stability') THEN c.patch->>'$.stability' ELSE e.stability END AS stability,
        CASE WHEN json_exists(c.patch, '$.stability_metrics') AND json_type(c.patch, '$.stability_metrics') = 'NULL' THEN NULL
             WHEN json_exists(c.patch, '$.stability_metrics') THEN {
                'mean_overlap': CASE WHEN json_exists(c.patch, '$.stability_metrics.mean_overlap') THEN (c.patch->>'$.stability_metrics.mean_overlap')::DOUBLE
                    ELSE e.stability_metrics.mean_overlap END,
                'std_overlap': CASE WHEN json_exists(c.patch, '$.stability_metrics.std_overlap') THEN (c.patch->>'$.stability_metrics.std_overlap')::DOUBLE
                    ELSE e.stability_metrics.std_overlap END,
                'mean_tau': CASE WHEN json_exists(c.patch, '$.stability_metrics.mean_tau') THEN (c.patch->>'$.stability_metrics.mean_tau')::DOUBLE
                    ELSE e.stability_metrics.mean_tau END,
                'std_tau': CASE WHEN json_exists(c.patch, '$.stability_metrics.std_tau') THEN (c.patch->>'$.stability_metrics.std_tau')::DOUBLE
                    ELSE e.stability_metrics.std_tau END}
             ELSE e.stability_metrics END AS stability_metrics,
        CASE WHEN json_exists(c.patch, '$.stability_snapshots') THEN (c.patch->>'$.stability_snapshots')::BIGINT
             ELSE e.stability_snapshots END AS stability_snapshots,
        CASE WHEN json_exists(c.patch, '$.sample_size') THEN (c.patch->>'$.sample_size')::BIGINT
             ELSE e.sample_size END AS sample_size,
        CASE WHEN json_exists(c.patch, '$.leakage_status') THEN c.patch->>'$.leakage_status'
             ELSE e.leakage_status END AS leakage_status,
        CASE WHEN json_exists(c.patch, '$.model_status') THEN c.patch->>'$.model_status'
             ELSE e.model_status END AS model_status,
        CASE WHEN json_exists(c.patch, '$.failed_model_families') THEN (c.patch->'$.failed_model_families')::VARCHAR[]
             ELSE e.failed_model_families END AS failed_model_families,
        CASE WHEN json_exists(c.patch, '$.task_type') THEN c.patch->>'$.task_type' ELSE e.task_type END AS task_type
    ),
    s.scenario
FROM staged_scenarios AS s
JOIN kept_evidence AS e USING (commit_id)
LEFT JOIN staged_changes AS c
    ON c.scenario = s.scenario
    AND c.side = CASE e.mode WHEN 'CROSS_SECTIONAL' THEN 'cross_sectional' ELSE 'symbol' END
    -- equalities only, because an OR here would make the join compare every change with every candidate
    AND CASE c.side WHEN 'cross_sectional' THEN NULL ELSE c.symbol END
        IS NOT DISTINCT FROM CASE e.mode WHEN 'CROSS_SECTIONAL' THEN NULL ELSE e.symbol END
WHERE NOT coalesce((c.patch->>'$.absent')::BOOLEAN, false);
