-- Views inside the lake: there are none, so one that is there stands in the place of a table.
SELECT view_name FROM duckdb_views() WHERE database_name = 'lake' AND NOT internal ORDER BY view_name;
