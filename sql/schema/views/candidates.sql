-- candidates, as of the commit that this session shows.
CREATE OR REPLACE TEMP VIEW candidates AS FROM lake.candidates WHERE commit_id <= as_of();
