-- Bytes of each table of a schema, with its indexes.
-- makes: rows
-- reads: pg_class, pg_namespace, $1
SELECT c.relname::text AS name, pg_total_relation_size(c.oid) AS size
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'r'
ORDER BY name;
