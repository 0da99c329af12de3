-- The q-values of sides with a p-value, among those of their mode: the least rate of false discoveries at which each is a
-- discovery. By Benjamini and Hochberg, and, times the harmonic number of the sides, by Benjamini and Yekutieli. A test
-- without a position counts for the others, and has no q-value of its own.
-- example: tests: [{position: 1, mode: SYMBOL_SPECIFIC, p_value: 0.25}, {position: 2, mode: SYMBOL_SPECIFIC, p_value: 0.5}]
-- example: → [{position: 1, q_value: 0.5, q_value_by: 0.75}, {position: 2, q_value: 0.5, q_value_by: 0.75}]
-- makes: rows
-- reads: tests
WITH ranked AS (
    SELECT evidence_set, mode = 'CROSS_SECTIONAL' AS pooled, "position", p_value,
           count(*) OVER (PARTITION BY evidence_set, mode = 'CROSS_SECTIONAL' ORDER BY p_value) AS rank
    FROM tests
    WHERE p_value IS NOT NULL
),
families AS (
    SELECT evidence_set, pooled, count(*) AS sides, list_sum(list_transform(range(1, count(*) + 1), lambda rank: 1 / rank)) AS harmonic
    FROM ranked
    GROUP BY evidence_set, pooled
),
corrected AS (
    SELECT r."position", f.harmonic,
           min(r.p_value * f.sides / r.rank) OVER (PARTITION BY r.evidence_set, r.pooled ORDER BY r.rank DESC) AS q_value
    FROM ranked AS r JOIN families AS f USING (evidence_set, pooled)
)
SELECT "position", q_value, least(1.0, q_value * harmonic) AS q_value_by
FROM corrected
WHERE "position" IS NOT NULL
ORDER BY "position";
