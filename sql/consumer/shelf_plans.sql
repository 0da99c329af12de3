-- The plan, or the plans, on a shelf; the current one is the first.
CREATE OR REPLACE TEMP TABLE plans AS
SELECT unnest($plan_ids::VARCHAR[]) AS plan_id, unnest($metadata::VARCHAR[])::JSON AS metadata;
