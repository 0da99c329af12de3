-- The evidence that counts: one row a side, with its task and the stability category its metrics say. Strictly, metrics
-- with a gap say nothing; the reference looks at each that is there. Evidence that names no task, which strict semantics
-- refuse at the door, may be older than that. The score is the one that the policy judges by, the q-value the one that it asks
-- for, if any.
-- example: scenario_evidence: {position: 2, target: a, symbol: AAPL, mode: SYMBOL_SPECIFIC, stability: DRIFTING}
-- example: → {position: 2, side: symbol, target: a, symbol: AAPL, stability: DRIFTING}
-- makes: view side_evidence
-- reads: evidence_tasks, policy_settings, repeated_evidence, scenario_evidence
CREATE OR REPLACE TEMP VIEW side_evidence AS
SELECT
    e."position",
    CASE e.mode WHEN 'CROSS_SECTIONAL' THEN 'cross_sectional' ELSE 'symbol' END AS side,
    e.target,
    CASE WHEN e.mode <> 'CROSS_SECTIONAL' THEN e.symbol END AS symbol,
    CASE WHEN p.strict AND p.shrunken THEN e.shrunken_score ELSE e.score END AS score,
    e.shrunken_score,
    p.strict AND p.shrunken AND e.score IS NOT NULL AND e.shrunken_score IS NULL AS no_shrunken,
    e.effective_samples,
    e.p_value,
    CASE WHEN p.strict AND p.max_q_value IS NOT NULL THEN CASE p.q_metric
        WHEN 'q_value'                THEN e.q_value
        WHEN 'q_value_by'             THEN e.q_value_by
        WHEN 'q_value_over_trials'    THEN e.q_value_over_trials
        WHEN 'q_value_by_over_trials' THEN e.q_value_by_over_trials
    END END AS q_value,
    e.sample_size,
    e.leakage_status,
    e.model_status,
    e.failed_model_families,
    e.task_type,
    e.metric_name,
    e.stability AS stated_stability,
    e.stability_metrics,
    e.stability_snapshots,
    CASE WHEN p.strict THEN coalesce(t.strict_task, 'regression') ELSE t.reference_task END AS task,
    p.strict AND t.strict_task IS NULL AS no_task,
    CASE WHEN p.strict THEN t.lowest END AS lowest,
    CASE WHEN p.strict THEN t.highest END AS highest,
    CASE
        WHEN e.stability <> 'UNKNOWN' OR e.stability_metrics IS NULL THEN e.stability
        WHEN p.strict AND e.stability_snapshots < p.min_snapshots THEN 'UNKNOWN'
        WHEN p.strict AND (e.stability_metrics.mean_overlap IS NULL OR e.stability_metrics.std_overlap IS NULL
          OR e.stability_metrics.mean_tau IS NULL OR e.stability_metrics.std_tau IS NULL) THEN 'UNKNOWN'
        WHEN e.stability_metrics.std_overlap > p.max_std_overlap
          OR e.stability_metrics.std_tau > p.max_std_tau THEN 'DIVERGED'
        WHEN e.stability_metrics.mean_overlap >= p.stable_overlap_min
         AND e.stability_metrics.mean_tau >= p.stable_tau_min THEN 'STABLE'
        WHEN e.stability_metrics.mean_overlap >= p.drifting_overlap_min
         AND e.stability_metrics.mean_tau >= p.drifting_tau_min THEN 'DRIFTING'
        ELSE 'UNKNOWN'
    END AS stability,
    e.null_score,
    e.scenario
FROM scenario_evidence AS e
JOIN policy_settings AS p USING (scenario)
JOIN evidence_tasks AS t
    ON t.task_type IS NOT DISTINCT FROM e.task_type AND t.metric_name IS NOT DISTINCT FROM e.metric_name
WHERE CASE e.mode WHEN 'CROSS_SECTIONAL' THEN true WHEN 'SYMBOL_SPECIFIC' THEN e.symbol IS NOT NULL ELSE false END
  AND e."position" NOT IN (SELECT "position" FROM repeated_evidence);
