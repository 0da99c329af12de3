-- How many symbols each target has, where the lane takes a share of them. Strict evidence has each of them once.
CREATE OR REPLACE TEMP TABLE target_symbols AS
SELECT e.target, count(e.symbol) AS symbols, e.scenario
FROM scenario_evidence AS e
JOIN policy_settings AS p USING (scenario)
WHERE p.strict AND p.experimental_lane AND e.mode = 'SYMBOL_SPECIFIC'
GROUP BY e.scenario, e.target;
