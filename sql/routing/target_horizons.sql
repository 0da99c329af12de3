-- How far ahead each target looks, read from its name, and the tier that this falls into.
CREATE OR REPLACE TEMP TABLE target_horizons AS
WITH patterns AS (
    SELECT ordinal, pattern->>'regex' AS regex, (pattern->>'multiplier')::DOUBLE AS multiplier, scenario
    FROM (
        SELECT generate_subscripts((document->'$.horizon.patterns')::JSON[], 1) AS ordinal,
               unnest((document->'$.horizon.patterns')::JSON[])                 AS pattern,
               scenario
        FROM scenarios
    )
),
targets AS (
    SELECT target, min("position") AS first_position, scenario FROM scenario_evidence GROUP BY target, scenario
),
matches AS (
    SELECT target, scenario,
           arg_min_null(TRY_CAST(regexp_extract(target, regex, 1, 'i') AS DOUBLE) * multiplier, ordinal) AS minutes
    FROM targets JOIN patterns USING (scenario)
    WHERE regexp_matches(target, regex, 'i')
    GROUP BY target, scenario
),
horizons AS (
    SELECT target, first_position, scenario,
           CASE WHEN contains(lower(target), 'same_day') THEN same_day_minutes ELSE minutes END AS minutes
    FROM targets LEFT JOIN matches USING (scenario, target) JOIN policy_settings USING (scenario)
)
SELECT target, first_position, minutes,
       CASE
           WHEN minutes IS NULL THEN 'default'
           WHEN minutes < 60    THEN 'short'
           WHEN minutes < 240   THEN 'medium'
           WHEN minutes < 1440  THEN 'long'
           ELSE 'very_long'
       END AS tier,
       scenario
FROM horizons;
