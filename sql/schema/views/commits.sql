-- commits, as of the commit that this session shows.
CREATE OR REPLACE TEMP VIEW commits AS FROM lake.commits WHERE commit_id <= as_of();
