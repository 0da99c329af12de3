-- Tables and columns that are said to begin at another snapshot than any version of the table's columns does.
-- makes: rows
-- reads: catalog.ducklake_column, catalog.ducklake_schema_versions, catalog.ducklake_table
SELECT t.table_name AS "where", concat('the table is said to begin at snapshot ', t.begin_snapshot) AS problem
FROM __ducklake_metadata_lake.ducklake_table AS t
WHERE t.begin_snapshot <> (
    SELECT min(v.begin_snapshot) FROM __ducklake_metadata_lake.ducklake_schema_versions AS v WHERE v.table_id = t.table_id)
UNION ALL
SELECT t.table_name, concat('its column ', c.column_name, ' is said to begin at snapshot ', c.begin_snapshot)
FROM __ducklake_metadata_lake.ducklake_column AS c
JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
ANTI JOIN __ducklake_metadata_lake.ducklake_schema_versions AS v
    ON v.table_id = c.table_id AND v.begin_snapshot = c.begin_snapshot
ORDER BY ALL;
