-- The policy that a run is routed by.
CREATE OR REPLACE TEMP TABLE policy_document AS SELECT $document::JSON AS document;
