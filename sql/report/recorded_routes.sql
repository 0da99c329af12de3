-- The recorded routes of the targets on the map.
-- makes: rows
-- reads: report_decisions, report_targets
SELECT target, symbol, route FROM report_decisions WHERE target IN (SELECT target FROM report_targets);
