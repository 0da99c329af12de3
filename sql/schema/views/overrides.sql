-- overrides, as of the commit that this session shows.
CREATE OR REPLACE TEMP VIEW overrides AS FROM lake.overrides WHERE commit_id <= as_of();
