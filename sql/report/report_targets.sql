-- The targets that the map shows, in order: all of them or, where their cells would be too many, those with most flips.
-- makes: table report_targets
-- reads: report_decisions, report_flips, report_symbols, $most_cells
CREATE OR REPLACE TEMP TABLE report_targets AS
SELECT target, row_number() OVER (ORDER BY target) - 1 AS place
FROM (
    SELECT target
    FROM (SELECT DISTINCT target FROM report_decisions)
    LEFT JOIN (SELECT target, count(*) AS flips FROM report_flips GROUP BY target) USING (target)
    QUALIFY row_number() OVER (ORDER BY flips DESC NULLS LAST, target)
        <= greatest(1, $most_cells // ((SELECT count(*) FROM report_symbols) + 1))
);
