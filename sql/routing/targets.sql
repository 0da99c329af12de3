-- The targets: where each is first spoken of, how far ahead it looks, which is read from its name, the tier that this falls
-- into, and how many symbols it has, of which the lane takes a share. Strict evidence has each of them once.
CREATE OR REPLACE TEMP TABLE targets AS
WITH patterns AS (
    SELECT ordinal, pattern->>'regex' AS regex, (pattern->>'multiplier')::DOUBLE AS multiplier, scenario
    FROM (
        SELECT generate_subscripts((document->'$.horizon.patterns')::JSON[], 1) AS ordinal,
               unnest((document->'$.horizon.patterns')::JSON[])                 AS pattern,
               scenario
        FROM scenarios
    )
),
named AS MATERIALIZED (
    -- which rows count is asked while they are counted: a filter before that would copy a million rows to drop a thousand
    SELECT target, min("position") AS first_position, count(symbol) FILTER (mode = 'SYMBOL_SPECIFIC') AS symbols, scenario
    FROM scenario_evidence
    GROUP BY target, scenario
),
matches AS (
    SELECT target, scenario,
           arg_min_null(TRY_CAST(regexp_extract(target, regex, 1, 'i') AS DOUBLE) * multiplier, ordinal) AS minutes
    FROM named JOIN patterns USING (scenario)
    WHERE regexp_matches(target, regex, 'i')
    GROUP BY target, scenario
),
horizons AS (
    SELECT target, first_position, symbols, scenario,
           CASE WHEN contains(lower(target), 'same_day') THEN same_day_minutes ELSE minutes END AS minutes
    FROM named LEFT JOIN matches USING (scenario, target) JOIN policy_settings USING (scenario)
)
SELECT target, first_position, symbols, minutes,
       CASE
           WHEN minutes IS NULL THEN 'default'
           WHEN minutes < 60    THEN 'short'
           WHEN minutes < 240   THEN 'medium'
           WHEN minutes < 1440  THEN 'long'
           ELSE 'very_long'
       END AS tier,
       scenario
FROM horizons;
