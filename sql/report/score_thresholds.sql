-- The thresholds of the scores, by side and task, each with the horizon tiers that share it.
-- makes: rows
-- reads: policy_settings, side_checks
SELECT side, task, "level", threshold, list(DISTINCT tier ORDER BY tier) AS tiers
FROM (
    SELECT e.side, e.task, e.tier, unnest([
        {'level': 'strong', 'threshold': e.strong_score},
        {'level': 'min', 'threshold': e.min_score},
        {'level': 'experimental', 'threshold': CASE WHEN p.experimental_lane THEN e.experimental_min_score END}
    ], recursive := true)
    FROM side_checks AS e JOIN policy_settings AS p USING (scenario)
)
WHERE threshold IS NOT NULL
GROUP BY ALL
ORDER BY ALL;
