-- The catalog that secret.sql names.
-- makes: variable catalog
-- reads: $catalog
SET VARIABLE catalog = $catalog;
