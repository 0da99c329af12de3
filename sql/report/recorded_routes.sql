-- What was recorded of the targets that the map shows.
-- makes: rows
-- reads: report_decisions, report_targets
SELECT target, symbol, route FROM report_decisions WHERE target IN (SELECT target FROM report_targets);
