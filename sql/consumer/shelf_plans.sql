-- The plan on a shelf.
CREATE OR REPLACE TEMP TABLE plans AS
SELECT $plan_id::VARCHAR AS plan_id, $metadata::JSON AS metadata;
