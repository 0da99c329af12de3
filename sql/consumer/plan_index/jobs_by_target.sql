-- So that asking for a target costs what the answer costs.
CREATE INDEX jobs_by_target ON jobs (target);
