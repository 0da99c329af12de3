-- What each scenario decides, on everything.
-- makes: rows
-- reads: decisions
SELECT scenario, target, symbol, route, rule, reasons FROM decisions;
