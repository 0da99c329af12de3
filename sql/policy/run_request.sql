-- What the caller of a run asked for.
CREATE OR REPLACE TEMP TABLE run_request AS
SELECT $model_families::VARCHAR[] AS model_families, $include_blocked::BOOLEAN AS include_blocked;
