-- The decisions that differ in a scenario from the recorded ones.
-- makes: rows
-- reads: decisions, report_decisions
SELECT d.scenario, d.symbol, d.route
FROM decisions AS d
JOIN report_decisions AS r ON r.target = d.target AND r.symbol IS NOT DISTINCT FROM d.symbol
WHERE d.route <> r.route;
