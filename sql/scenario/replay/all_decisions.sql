-- All decisions of each scenario.
-- makes: rows
-- reads: decisions
SELECT scenario, target, symbol, route, rule, reasons FROM decisions;
