-- The jobs that the report lists, in plan order: those of the decisions on the map.
-- makes: rows
-- reads: report_jobs, report_symbols, report_targets
SELECT j.*, t.place AS target_place, s.place AS symbol_place
FROM report_jobs AS j
JOIN report_targets AS t USING (target)
LEFT JOIN report_symbols AS s USING (symbol)
WHERE j.symbol IS NULL OR s.symbol IS NOT NULL
ORDER BY j.ordinal;
