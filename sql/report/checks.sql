-- The checks of everything that the map shows, a list for each side and, at its end, for the pair.
-- makes: rows
-- reads: checks, report_symbols, report_targets
SELECT t.place AS target_place, s.place AS symbol_place,
       list({'side': c.side, 'check': c."check", 'observed': c.observed, 'threshold': c.threshold,
             'passed': c.passed, 'source': c.source} ORDER BY c.ordinal) AS checks
FROM checks AS c
JOIN report_targets AS t USING (target)
LEFT JOIN report_symbols AS s USING (symbol)
WHERE c.symbol IS NULL OR s.symbol IS NOT NULL
GROUP BY ALL
ORDER BY ALL;
