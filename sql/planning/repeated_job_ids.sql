-- Jobs whose id another job has as well (a_b + c and a + b_c). The first by target and symbol keeps it,
-- the others get a suffix made of what they train, the same in every run.
CREATE OR REPLACE TEMP TABLE repeated_job_ids AS
WITH repeated AS (
    SELECT hash(job_id) AS job_hash FROM planned GROUP BY job_hash HAVING count(*) > 1
),
ranked AS (
    SELECT "position", family_position,
           row_number() OVER (PARTITION BY job_id ORDER BY target, symbol, family_position) AS rank,
           sha256(concat_ws(chr(31), training_type, target, symbol, family_position::VARCHAR)) AS digest
    FROM planned WHERE hash(job_id) IN (FROM repeated)
)
SELECT "position", family_position, '~' || digest[1:12] AS suffix
FROM ranked
WHERE rank > 1;
