-- Objects that begin or end at a snapshot that does not exist: they would appear, or vanish, with that snapshot.
-- makes: rows
-- reads: catalog.ducklake_column, catalog.ducklake_data_file, catalog.ducklake_schema, catalog.ducklake_schema_versions, catalog.ducklake_snapshot, catalog.ducklake_table
WITH newest AS (SELECT max(snapshot_id) AS id FROM __ducklake_metadata_lake.ducklake_snapshot),
versioned AS (
    SELECT NULL AS table_id, concat('the schema ', schema_name) AS what, begin_snapshot, end_snapshot
    FROM __ducklake_metadata_lake.ducklake_schema
    UNION ALL
    SELECT table_id, 'the table', begin_snapshot, end_snapshot FROM __ducklake_metadata_lake.ducklake_table
    UNION ALL
    SELECT table_id, concat('its column ', column_name), begin_snapshot, end_snapshot
    FROM __ducklake_metadata_lake.ducklake_column
    UNION ALL
    SELECT table_id, path, begin_snapshot, end_snapshot FROM __ducklake_metadata_lake.ducklake_data_file
    UNION ALL
    SELECT table_id, path, partial_max, NULL FROM __ducklake_metadata_lake.ducklake_data_file
    WHERE partial_max IS NOT NULL
    UNION ALL
    SELECT table_id, concat('version ', schema_version, ' of its columns'), begin_snapshot, NULL
    FROM __ducklake_metadata_lake.ducklake_schema_versions
)
SELECT coalesce(t.table_name, 'commits') AS "where",
       concat(v.what, ' is said to begin at snapshot ', coalesce(v.begin_snapshot::VARCHAR, 'none'),
              ' and to end at ', coalesce(v.end_snapshot::VARCHAR, 'none'), '; the newest is ', newest.id) AS problem
FROM versioned AS v
CROSS JOIN newest
LEFT JOIN (
    SELECT DISTINCT table_id, table_name FROM __ducklake_metadata_lake.ducklake_table
) AS t USING (table_id)
WHERE NOT coalesce(v.begin_snapshot BETWEEN 0 AND newest.id, false)
   OR NOT coalesce(v.end_snapshot > v.begin_snapshot AND v.end_snapshot <= newest.id, true)
UNION ALL
SELECT 'commits', concat('the next file is said to be ', s.next_file_id, ', and there is a file ', f.greatest)
FROM __ducklake_metadata_lake.ducklake_snapshot AS s
CROSS JOIN (SELECT max(data_file_id) AS greatest FROM __ducklake_metadata_lake.ducklake_data_file) AS f
WHERE s.snapshot_id = (SELECT id FROM newest) AND s.next_file_id <= f.greatest
UNION ALL
SELECT 'commits', concat('the next table is said to be ', s.next_catalog_id, ', and there is a table ', t.greatest)
FROM __ducklake_metadata_lake.ducklake_snapshot AS s
CROSS JOIN (SELECT max(table_id) AS greatest FROM __ducklake_metadata_lake.ducklake_table) AS t
WHERE s.snapshot_id = (SELECT id FROM newest) AND s.next_catalog_id <= t.greatest
ORDER BY ALL;
