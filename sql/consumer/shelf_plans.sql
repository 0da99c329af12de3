-- The plan on a shelf.
CREATE OR REPLACE TEMP TABLE plans AS
SELECT $metadata::JSON AS metadata;
