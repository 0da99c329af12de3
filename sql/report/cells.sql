-- The decisions on the map, each with its route in the previous run if it flipped; those of targets come first.
-- makes: rows
-- reads: report_decisions, report_flips, report_symbols, report_targets
SELECT t.place AS target_place, s.place AS symbol_place, d.symbol, d.route, d."rule", d.cs_state, d.local_state, d.reasons,
       d.override_id, f.target IS NOT NULL AS flipped, f.route_a AS previous_route
FROM report_decisions AS d
JOIN report_targets AS t USING (target)
LEFT JOIN report_symbols AS s USING (symbol)
LEFT JOIN report_flips AS f ON f.target = d.target AND f.symbol IS NOT DISTINCT FROM d.symbol
WHERE d.symbol IS NULL OR s.symbol IS NOT NULL
ORDER BY t.place, s.place NULLS FIRST;
