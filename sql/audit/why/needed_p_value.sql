-- The greatest p-value at which a side whose q-value is above $rate would be a discovery at that rate, the other sides of its
-- run and mode as they are. With so many lower ones it lies on the line that the method draws through the ranks, a hair below,
-- because q-values are rounded.
-- makes: rows
-- reads: candidates, $by, $commit_id, $mode, $rate
WITH ranked AS (
    SELECT p_value, row_number() OVER (ORDER BY p_value) AS rank FROM candidates
    WHERE commit_id = $commit_id AND mode = $mode AND p_value IS NOT NULL
),
lines AS (
    SELECT $rate / count(*) / CASE WHEN $by THEN list_sum(list_transform(range(1, count(*) + 1), lambda rank: 1 / rank)) ELSE 1 END AS step
    FROM ranked
)
SELECT nextafter(nextafter(max(step * (rank + 1)), 0.0::DOUBLE), 0.0::DOUBLE) AS p_value
FROM (SELECT 0 AS rank, 0.0 AS p_value UNION ALL SELECT rank, p_value FROM ranked), lines
WHERE p_value <= step * (rank + 1);
