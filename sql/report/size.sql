-- How large a run is.
SELECT count(DISTINCT target) AS targets, count(DISTINCT symbol) AS symbols, count(symbol) AS pairs FROM report_decisions;
