-- jobs, as of the commit that this session shows.
CREATE OR REPLACE TEMP VIEW jobs AS FROM lake.jobs WHERE commit_id <= as_of();
