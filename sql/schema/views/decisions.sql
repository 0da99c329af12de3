-- decisions, as of the commit that this session shows.
CREATE OR REPLACE TEMP VIEW decisions AS FROM lake.decisions WHERE commit_id <= as_of();
