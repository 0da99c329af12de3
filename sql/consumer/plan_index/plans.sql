-- The plan of a plan index.
-- makes: table plans
-- reads: $metadata
CREATE OR REPLACE TEMP TABLE plans AS
SELECT $metadata::JSON AS metadata;
