-- runs, as of the commit that this session shows.
CREATE OR REPLACE TEMP VIEW runs AS FROM lake.runs WHERE commit_id <= as_of();
