-- How many symbols each target has, where the lane takes a share of them. Strict evidence has each of them once.
-- Which rows count is asked while they are counted: a filter before that would copy a million rows to drop a thousand.
CREATE OR REPLACE TEMP TABLE target_symbols AS
SELECT e.target, count(e.symbol) FILTER (e.mode = 'SYMBOL_SPECIFIC') AS symbols, e.scenario
FROM scenario_evidence AS e
JOIN policy_settings AS p USING (scenario)
WHERE p.strict AND p.experimental_lane
GROUP BY e.scenario, e.target;
