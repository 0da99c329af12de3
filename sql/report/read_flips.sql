-- The flips that the report lists, with the cells of those on the map.
-- makes: rows
-- reads: report_flips, report_symbols, report_targets, $most
SELECT f.*, t.place AS target_place, s.place AS symbol_place
FROM report_flips AS f
LEFT JOIN report_targets AS t USING (target)
LEFT JOIN report_symbols AS s USING (symbol)
ORDER BY f.target, f.symbol NULLS FIRST
LIMIT $most;
