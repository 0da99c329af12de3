-- The scenarios of a replay, as they were staged.
-- makes: table scenarios
-- reads: staged_scenarios
CREATE OR REPLACE TEMP TABLE scenarios AS
SELECT document::JSON AS document, model_families, include_blocked, scenario FROM staged_scenarios;
