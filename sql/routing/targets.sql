-- The targets: where each is first spoken of, how far ahead it looks, which is read from its name, the tier that this falls
-- into, and how many symbols it has, of which the lane takes a share. Strict evidence has each of them once.
-- example: scenarios: {document: {horizon: {patterns: [{regex: '(\d+)h', multiplier: 60}]}}}, scenario_evidence: {target: fwd_ret_2h}
-- example: → {target: fwd_ret_2h, minutes: 120.0, tier: medium}
-- makes: table targets
-- reads: policy_settings, scenario_evidence, scenarios, ascii_digits(), unicode_pattern()
CREATE OR REPLACE TEMP TABLE targets AS
WITH ways AS (
    SELECT scenario, document->'$.horizon.patterns' AS way FROM scenarios
),
patterns AS (
    SELECT way, ordinal, pattern->>'regex' AS regex, unicode_pattern(regex) AS unicode_regex,
           (pattern->>'multiplier')::DOUBLE AS multiplier
    FROM (
        SELECT way, generate_subscripts(way::JSON[], 1) AS ordinal, unnest(way::JSON[]) AS pattern
        FROM (SELECT DISTINCT way FROM ways)
    )
),
named AS MATERIALIZED (
    -- which rows count is asked while they are counted: a filter before that would copy a million rows to drop a thousand
    SELECT target, min("position") AS first_position, count(symbol) FILTER (mode = 'SYMBOL_SPECIFIC') AS symbols, scenario
    FROM scenario_evidence
    GROUP BY target, scenario
),
-- a name is read once in each way, however many scenarios read it so, because a pattern is compiled at each reading; one with
-- all digits of Unicode takes seven times as long, and finds no more in a name of ASCII
readings AS (
    SELECT target, way, ordinal, multiplier, CASE WHEN strlen(target) = length(target) THEN regex ELSE unicode_regex END AS regex
    FROM (SELECT DISTINCT target FROM named), patterns
),
matches AS (
    SELECT target, way,
           arg_min_null(TRY_CAST(ascii_digits(regexp_extract(target, regex, 1, 'i')) AS DOUBLE) * multiplier, ordinal) AS minutes
    FROM readings
    WHERE regexp_matches(target, regex, 'i')
    GROUP BY target, way
),
horizons AS (
    SELECT target, first_position, symbols, scenario,
           CASE WHEN contains(lower(target), 'same_day') THEN same_day_minutes ELSE minutes END AS minutes
    FROM named JOIN ways USING (scenario) LEFT JOIN matches USING (way, target) JOIN policy_settings USING (scenario)
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
