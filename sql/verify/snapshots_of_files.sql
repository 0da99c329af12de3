-- The first and the last commit of the rows in each file, and the snapshots that these are said to be of. Documents are of
-- the commit of their plan. The last column is the snapshot that the table begins at.
-- makes: rows
-- reads: catalog.ducklake_column, catalog.ducklake_data_file, catalog.ducklake_file_column_stats, catalog.ducklake_table, lake.plan_documents, lake.plans
WITH documents AS (
    SELECT d.filename, min(p.commit_id) AS first_commit, max(p.commit_id) AS last_commit
    FROM lake.plan_documents AS d
    JOIN lake.plans AS p USING (plan_id)
    GROUP BY d.filename
)
SELECT t.table_name AS "table", f.path, coalesce(s.min_value::BIGINT, d.first_commit) AS first_commit,
       coalesce(s.max_value::BIGINT, d.last_commit) AS last_commit, f.begin_snapshot AS first_snapshot,
       coalesce(f.partial_max, f.begin_snapshot) AS last_snapshot, t.begin_snapshot
FROM __ducklake_metadata_lake.ducklake_data_file AS f
JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
LEFT JOIN __ducklake_metadata_lake.ducklake_column AS c
    ON c.table_id = f.table_id AND c.column_name = 'commit_id' AND c.end_snapshot IS NULL
LEFT JOIN __ducklake_metadata_lake.ducklake_file_column_stats AS s
    ON s.data_file_id = f.data_file_id AND s.column_id = c.column_id
LEFT JOIN documents AS d ON t.table_name = 'plan_documents' AND ends_with(d.filename, f.path)
WHERE f.end_snapshot IS NULL AND t.end_snapshot IS NULL
ORDER BY f.data_file_id;
