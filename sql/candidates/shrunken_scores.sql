-- The scores of a target's symbols, moved towards their mean by the share of chance in their differences (empirical Bayes,
-- James and Stein): of the variance between the symbols, what their nulls' spread does not explain is real. The score of a
-- cross-sectional side has nothing to be moved towards. Sums are in the order of positions, so that they are the same each time.
-- example: tests: [{mode: SYMBOL_SPECIFIC, target: t, score: 0.5, null_sd: 0.125}, {mode: SYMBOL_SPECIFIC, target: t, score: 0.75, null_sd: 0.125}]
-- example: → [{shrunken_score: 0.5625}, {shrunken_score: 0.6875}]
-- makes: rows
-- reads: tests
WITH sums AS (
    SELECT evidence_set, target, count(*) AS symbols, list_avg(list(score ORDER BY "position")) AS mean,
           list_avg(list(null_sd * null_sd ORDER BY "position")) AS chance,
           list_var_samp(list(score ORDER BY "position")) AS spread
    FROM tests
    WHERE mode = 'SYMBOL_SPECIFIC' AND isfinite(score) AND null_sd IS NOT NULL
    GROUP BY evidence_set, target
)
SELECT t."position",
       CASE
           WHEN t.mode = 'CROSS_SECTIONAL' OR s.symbols = 1 THEN t.score
           ELSE s.mean + (t.score - s.mean)
               * coalesce(greatest(s.spread - s.chance, 0.0) / nullif(greatest(s.spread - s.chance, 0.0) + t.null_sd * t.null_sd, 0.0), 0.0)
       END AS shrunken_score
FROM tests AS t
LEFT JOIN sums AS s ON s.evidence_set = t.evidence_set AND s.target = t.target
WHERE isfinite(t.score) AND (t.mode = 'CROSS_SECTIONAL' OR t.null_sd IS NOT NULL)
ORDER BY t."position";
