-- Jobs whose id another job has as well (a_b + c and a + b_c). The first by target and symbol keeps it,
-- the others get a suffix made of their target and symbol, the same in every run. Ids of two targets can be the same only if
-- one target is the beginning of the other, up to an underscore; jobs of other targets are not read.
-- makes: table job_id_suffixes
-- reads: decisions, planned
CREATE OR REPLACE TEMP TABLE job_id_suffixes AS
WITH names AS (
    SELECT DISTINCT target, string_split(target, '_') AS parts FROM decisions WHERE symbol IS NULL
),
beginnings AS (
    SELECT target, array_to_string(parts[:n], '_') AS beginning FROM names, unnest(range(1, len(parts))) AS places(n)
),
alike AS (
    SELECT b.target, b.beginning FROM beginnings AS b SEMI JOIN names AS t ON t.target = b.beginning
),
ranked AS (
    SELECT "position", family_position,
           row_number() OVER (PARTITION BY job_id ORDER BY target, symbol, family_position) AS rank,
           sha256(concat_ws(chr(31), training_type, target, symbol, family_position::VARCHAR)) AS digest
    FROM planned
    WHERE target IN (SELECT target FROM alike UNION ALL SELECT beginning FROM alike)
)
SELECT "position", family_position, '~' || digest[1:12] AS suffix
FROM ranked
WHERE rank > 1;
