-- plans, as of the commit that this session shows.
CREATE OR REPLACE TEMP VIEW plans AS FROM lake.plans WHERE commit_id <= as_of();
