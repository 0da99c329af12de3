-- So that asking for a target costs what the answer costs.
-- makes: index jobs_by_target
-- reads: jobs
CREATE INDEX jobs_by_target ON jobs (target);
