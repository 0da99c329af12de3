-- The size of a run.
-- makes: rows
-- reads: report_decisions
SELECT count(DISTINCT target) AS targets, count(DISTINCT symbol) AS symbols, count(symbol) AS pairs FROM report_decisions;
