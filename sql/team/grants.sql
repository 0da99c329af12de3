-- The statements that make the roles of a team store in PostgreSQL, before or after the store is made; its schema may
-- have up to 51 letters, because the names of the roles begin with it.
-- makes: rows
-- reads: $schema
SELECT role, format(statement, replace($schema, '"', '""')) AS statement
FROM (VALUES
    (1, 'owner', 'CREATE ROLE "{0}_owner"'),
    (2, 'maintenance', 'CREATE ROLE "{0}_maintenance"'),
    (3, 'writer', 'CREATE ROLE "{0}_writer"'),
    (4, 'reader', 'CREATE ROLE "{0}_reader"'),
    (5, 'owner', 'CREATE SCHEMA IF NOT EXISTS "{0}"'),
    (6, 'owner', 'ALTER SCHEMA "{0}" OWNER TO "{0}_owner"'),
    (7, 'owner', 'DO $$ DECLARE name text; BEGIN FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = ''{0}'' '
     'LOOP EXECUTE format(''ALTER TABLE %I.%I OWNER TO %I'', ''{0}'', name, ''{0}_owner''); END LOOP; END $$'),
    (8, 'reader', 'GRANT USAGE ON SCHEMA "{0}" TO "{0}_reader", "{0}_writer", "{0}_maintenance"'),
    (9, 'reader', 'GRANT SELECT ON ALL TABLES IN SCHEMA "{0}" TO "{0}_reader", "{0}_writer", "{0}_maintenance"'),
    (10, 'writer', 'GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{0}" TO "{0}_writer", "{0}_maintenance"'),
    (11, 'reader', 'ALTER DEFAULT PRIVILEGES FOR ROLE "{0}_owner" IN SCHEMA "{0}" '
     'GRANT SELECT ON TABLES TO "{0}_reader", "{0}_writer", "{0}_maintenance"'),
    (12, 'writer', 'ALTER DEFAULT PRIVILEGES FOR ROLE "{0}_owner" IN SCHEMA "{0}" '
     'GRANT INSERT, UPDATE, DELETE ON TABLES TO "{0}_writer", "{0}_maintenance"'),
    (13, 'reader', 'ALTER DEFAULT PRIVILEGES FOR ROLE CURRENT_USER IN SCHEMA "{0}" '
     'GRANT SELECT ON TABLES TO "{0}_reader", "{0}_writer", "{0}_maintenance"'),
    (14, 'writer', 'ALTER DEFAULT PRIVILEGES FOR ROLE CURRENT_USER IN SCHEMA "{0}" '
     'GRANT INSERT, UPDATE, DELETE ON TABLES TO "{0}_writer", "{0}_maintenance"')
) AS statements (position, role, statement)
ORDER BY position;
