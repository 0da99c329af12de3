-- The first key that several rows have: their number, and the first and last of their files.
-- makes: rows
-- reads: predicted_keys
SELECT symbol, "timestamp", count(*) AS "rows", min(file) AS first_file, max(file) AS last_file
FROM predicted_keys
GROUP BY symbol, "timestamp"
HAVING count(*) > 1
ORDER BY symbol, "timestamp"
LIMIT 1;
