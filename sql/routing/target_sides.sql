-- All that a policy and a run say of each side of a target, for either task: the policy's single values, what it asks of the
-- side, the thresholds of the target's tier, and how many families the run trains with. Evidence is joined with this alone,
-- and takes no list along, because to copy one for each of a million rows takes longer than to decide them.
-- example: policy_sides: {side: symbol, min_sample_size: 500}, policy_thresholds: {side: symbol, task: regression, strong_score: 0.3}
-- example: → {target: t, side: symbol, task: regression, strong_score: 0.3, base_sample_size: 500}
-- makes: table target_sides
-- reads: model_families, policy_settings, policy_sides, policy_thresholds, targets
CREATE OR REPLACE TEMP TABLE target_sides AS
SELECT h.target, t.side, t.task, h.tier, h.minutes, t.strong_score, t.min_score, t.experimental_min_score, t.null_margin, t.min_effective,
       s.min_sample_size AS base_sample_size, s.allowed_stabilities, f.families, len(f.families) AS family_count,
       list_contains(s.allowed_stabilities, 'STABLE')        AS allows_stable,
       list_contains(s.allowed_stabilities, 'DRIFTING')      AS allows_drifting,
       list_contains(s.allowed_stabilities, 'DIVERGED')      AS allows_diverged,
       list_contains(s.allowed_stabilities, 'UNKNOWN')       AS allows_unknown,
       list_contains(p.experimental_stabilities, 'STABLE')   AS lane_allows_stable,
       list_contains(p.experimental_stabilities, 'DRIFTING') AS lane_allows_drifting,
       list_contains(p.experimental_stabilities, 'DIVERGED') AS lane_allows_diverged,
       list_contains(p.experimental_stabilities, 'UNKNOWN')  AS lane_allows_unknown,
       CASE WHEN p.strict AND p.safe_features_only THEN p.allowed_leakage END AS asked_leakage,
       p.*
FROM targets AS h
JOIN policy_thresholds AS t ON t.scenario = h.scenario AND t.tier = h.tier
JOIN policy_sides AS s ON s.scenario = h.scenario AND s.side = t.side
JOIN policy_settings AS p ON p.scenario = h.scenario
LEFT JOIN (SELECT scenario, list(family ORDER BY ordinal) AS families FROM model_families GROUP BY scenario) AS f
    ON f.scenario = h.scenario;
