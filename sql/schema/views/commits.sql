-- One row is a commit: one atomic append of events.
-- lake.commits.*
CREATE OR REPLACE TEMP VIEW commits AS FROM lake.commits WHERE commit_id <= as_of();
