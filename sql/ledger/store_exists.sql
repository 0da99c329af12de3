-- Whether the lake has its tables already.
-- makes: rows
-- reads: nothing
SELECT count(*) > 0 FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = 'commits';
