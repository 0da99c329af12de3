-- So that asking for a symbol costs what the answer costs.
CREATE INDEX jobs_by_symbol ON jobs (symbol);
