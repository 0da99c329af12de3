-- The catalog that secret.sql names.
SET VARIABLE catalog = $catalog;
