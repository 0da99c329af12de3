-- Which of $names, in small letters, mean a view of the database itself where they stand alone after FROM.
-- makes: rows
-- reads: $names
SELECT DISTINCT lower(view_name) AS name
FROM duckdb_views()
WHERE schema_name <> 'information_schema' AND lower(view_name) IN (SELECT unnest($names))
ORDER BY name;
