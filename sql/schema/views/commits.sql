-- One row is a commit: one atomic append of events.
-- lake.commits.*
-- makes: view commits
-- reads: lake.commits, as_of()
CREATE OR REPLACE VIEW commits AS FROM lake.commits WHERE commit_id <= as_of();
