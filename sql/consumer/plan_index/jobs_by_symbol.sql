-- So that asking for a symbol costs what the answer costs.
-- makes: index jobs_by_symbol
-- reads: jobs
CREATE INDEX jobs_by_symbol ON jobs (symbol);
