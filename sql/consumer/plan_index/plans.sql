-- The plan of a plan index.
CREATE OR REPLACE TEMP TABLE plans AS
SELECT $metadata::JSON AS metadata;
