-- What a run is decided under: its policy and what its caller asked for. A run is one scenario, 0; the audit lays others
-- beside it, to see what each would have come to.
-- makes: table scenarios
-- reads: $document, $include_blocked, $model_families
CREATE OR REPLACE TEMP TABLE scenarios AS
SELECT $document::JSON AS document, $model_families::VARCHAR[] AS model_families,
       $include_blocked::BOOLEAN AS include_blocked, 0::BIGINT AS scenario;
