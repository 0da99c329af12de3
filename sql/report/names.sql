-- The targets and symbols that the map shows, in order.
-- makes: rows
-- reads: report_symbols, report_targets
SELECT 'target' AS what, target AS name, place FROM report_targets
UNION ALL
SELECT 'symbol', symbol, place FROM report_symbols
ORDER BY what, place;
