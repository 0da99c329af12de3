-- The schema of the catalog's tables that secret.sql names.
-- makes: variable schema
-- reads: $schema
SET VARIABLE schema = $schema;
