-- What was recorded of the targets that the map shows.
SELECT target, symbol, route FROM report_decisions WHERE target IN (SELECT target FROM report_targets);
