-- One row is a candidate: the evidence of a target or of a pair.
-- lake.candidates.*
-- makes: view candidates
-- reads: lake.candidates, as_of()
CREATE OR REPLACE VIEW candidates AS FROM lake.candidates WHERE commit_id <= as_of();
