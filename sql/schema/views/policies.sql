-- policies, as of the commit that this session shows.
CREATE OR REPLACE TEMP VIEW policies AS FROM lake.policies WHERE commit_id <= as_of();
