-- artifacts, as of the commit that this session shows.
CREATE OR REPLACE TEMP VIEW artifacts AS FROM lake.artifacts WHERE commit_id <= as_of();
