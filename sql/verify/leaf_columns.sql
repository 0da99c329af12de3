-- The columns of each table as the catalog has statistics of them: those of a struct one by one, named by their paths.
-- makes: view leaf_columns
-- reads: catalog.ducklake_column
CREATE OR REPLACE TEMP VIEW leaf_columns AS
WITH RECURSIVE leaves AS (
    SELECT table_id, column_id, column_name AS name, column_type
    FROM __ducklake_metadata_lake.ducklake_column
    WHERE parent_column IS NULL AND end_snapshot IS NULL
    UNION ALL
    SELECT c.table_id, c.column_id, concat(l.name, '.', c.column_name), c.column_type
    FROM __ducklake_metadata_lake.ducklake_column AS c
    JOIN leaves AS l ON c.table_id = l.table_id AND c.parent_column = l.column_id
    WHERE c.end_snapshot IS NULL AND l.column_type = 'struct'
)
SELECT table_id, column_id, name FROM leaves;
