-- The policy and the settings of a run. A run is one scenario, 0; the audit adds others, the counterfactuals.
-- makes: table scenarios
-- reads: $document, $include_blocked, $model_families
CREATE OR REPLACE TEMP TABLE scenarios AS
SELECT $document::JSON AS document, $model_families::VARCHAR[] AS model_families,
       $include_blocked::BOOLEAN AS include_blocked, 0::BIGINT AS scenario;
