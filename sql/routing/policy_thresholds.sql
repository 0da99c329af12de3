-- The scores each side asks for, by task and horizon tier. A threshold is a number, or by task;
-- the one for regression a number, or by tier, where a missing tier means the default one. The margin over the null and
-- the fewest effective samples are thresholds for both sides; where a policy asks for none, they are null.
-- example: scenarios: {document: {cross_sectional: {strong_score: 0.58, min_score: 0.52}, experimental: {min_score: 0.5}}}
-- example: → {side: cross_sectional, task: regression, strong_score: 0.58, min_score: 0.52, experimental_min_score: 0.5}
-- makes: table policy_thresholds
-- reads: scenarios
CREATE OR REPLACE TEMP TABLE policy_thresholds AS
WITH levels AS (
    SELECT side, level, threshold, scenario
    FROM scenarios,
        (VALUES ('cross_sectional'), ('symbol')) AS sides(side),
        LATERAL (VALUES
            ('strong_score', document->side->'strong_score'),
            ('min_score', document->side->'min_score'),
            ('experimental_min_score', document->'$.experimental.min_score'),
            ('null_margin', document->'min_margin_over_null'),
            ('min_effective', document->'min_effective_samples')
        ) AS thresholds(level, threshold)
),
by_task AS (
    SELECT side, level, task,
           CASE json_type(threshold) WHEN 'OBJECT' THEN threshold->task ELSE threshold END AS threshold, scenario
    FROM levels, (VALUES ('classification'), ('regression')) AS tasks(task)
),
by_tier AS (
    SELECT side, level, task, tier,
           CASE json_type(threshold)
               WHEN 'OBJECT' THEN coalesce(threshold->>tier, threshold->>'default')
               ELSE threshold->>'$'
           END::DOUBLE AS threshold,
           scenario
    FROM by_task, (VALUES ('short'), ('medium'), ('long'), ('very_long'), ('default')) AS tiers(tier)
)
SELECT side, task, tier,
       any_value(threshold) FILTER (level = 'strong_score')           AS strong_score,
       any_value(threshold) FILTER (level = 'min_score')              AS min_score,
       any_value(threshold) FILTER (level = 'experimental_min_score') AS experimental_min_score,
       any_value(threshold) FILTER (level = 'null_margin')            AS null_margin,
       any_value(threshold) FILTER (level = 'min_effective')          AS min_effective,
       scenario
FROM by_tier
GROUP BY scenario, side, task, tier;
