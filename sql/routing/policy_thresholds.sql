-- The scores each side asks for, by task and horizon tier. A threshold is a number, or by task;
-- the one for regression a number, or by tier, where a missing tier means the default one. The margin over the null and
-- the fewest effective samples are thresholds for both sides; where a policy asks for none, they are null.
-- example: scenarios: {document: {cross_sectional: {strong_score: 0.58, min_score: 0.52}, experimental: {min_score: 0.5}}}
-- example: → {side: cross_sectional, task: regression, strong_score: 0.58, min_score: 0.52, experimental_min_score: 0.5}
-- makes: table policy_thresholds
-- reads: scenarios
CREATE OR REPLACE TEMP TABLE policy_thresholds AS
WITH said AS MATERIALIZED (
    -- because a document is read once for all of them
    SELECT scenario, unnest(from_json(document, '{
        "cross_sectional": {"strong_score": "JSON", "min_score": "JSON"},
        "symbol": {"strong_score": "JSON", "min_score": "JSON"},
        "experimental": {"min_score": "JSON"},
        "min_margin_over_null": "JSON",
        "min_effective_samples": "JSON"
    }'))
    FROM scenarios
),
levels AS (
    SELECT side, level, threshold, scenario
    FROM said,
        LATERAL (VALUES ('cross_sectional', cross_sectional), ('symbol', symbol)) AS sides(side, own),
        LATERAL (VALUES
            ('strong_score', own.strong_score),
            ('min_score', own.min_score),
            ('experimental_min_score', experimental.min_score),
            ('null_margin', min_margin_over_null),
            ('min_effective', min_effective_samples)
        ) AS thresholds(level, threshold)
),
-- because policies, of which the audit tries many at once, say few different thresholds
by_task AS (
    SELECT said, task, CASE json_type(said) WHEN 'OBJECT' THEN said->task ELSE said END AS threshold
    FROM (SELECT DISTINCT threshold AS said FROM levels), (VALUES ('classification'), ('regression')) AS tasks(task)
),
by_tier AS (
    SELECT said, task, tier,
           CASE json_type(threshold)
               WHEN 'OBJECT' THEN coalesce(threshold->>tier, threshold->>'default')
               ELSE threshold->>'$'
           END::DOUBLE AS threshold
    FROM by_task, (VALUES ('short'), ('medium'), ('long'), ('very_long'), ('default')) AS tiers(tier)
)
SELECT l.side, t.task, t.tier,
       any_value(t.threshold) FILTER (l.level = 'strong_score')           AS strong_score,
       any_value(t.threshold) FILTER (l.level = 'min_score')              AS min_score,
       any_value(t.threshold) FILTER (l.level = 'experimental_min_score') AS experimental_min_score,
       any_value(t.threshold) FILTER (l.level = 'null_margin')            AS null_margin,
       any_value(t.threshold) FILTER (l.level = 'min_effective')          AS min_effective,
       l.scenario
FROM levels AS l
JOIN by_tier AS t ON t.said IS NOT DISTINCT FROM l.threshold
GROUP BY l.scenario, l.side, t.task, t.tier;
