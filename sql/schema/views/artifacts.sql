-- One row is an artifact: a file stored under its digest.
-- lake.artifacts.*
-- makes: view artifacts
-- reads: lake.artifacts, as_of()
CREATE OR REPLACE VIEW artifacts AS FROM lake.artifacts WHERE commit_id <= as_of();
