-- The symbols that the map shows, in order: all of them or, where they are too many, those with most flips.
-- makes: table report_symbols
-- reads: report_decisions, report_flips, $most_symbols
CREATE OR REPLACE TEMP TABLE report_symbols AS
SELECT symbol, row_number() OVER (ORDER BY symbol) - 1 AS place
FROM (
    SELECT symbol
    FROM (SELECT DISTINCT symbol FROM report_decisions WHERE symbol IS NOT NULL)
    LEFT JOIN (SELECT symbol, count(*) AS flips FROM report_flips GROUP BY symbol) USING (symbol)
    QUALIFY row_number() OVER (ORDER BY flips DESC NULLS LAST, symbol) <= $most_symbols
);
