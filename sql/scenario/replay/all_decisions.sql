-- What each scenario decides, on everything.
SELECT scenario, target, symbol, route, rule, reasons FROM decisions;
