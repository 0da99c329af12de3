-- One row is a person's pin of a pair or a target, or (cleared) its end.
-- lake.overrides.*
-- makes: view overrides
-- reads: lake.overrides, as_of()
CREATE OR REPLACE VIEW overrides AS FROM lake.overrides WHERE commit_id <= as_of();
