-- One row is a decision: the route of a pair, or whether a target's cross-sectional side is enabled.
-- lake.decisions.*
-- makes: view decisions
-- reads: lake.decisions, as_of()
CREATE OR REPLACE VIEW decisions AS FROM lake.decisions WHERE commit_id <= as_of();
