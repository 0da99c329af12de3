-- The jobs of a plan by symbol, so that a look-up reads only its result.
-- makes: index jobs_by_symbol
-- reads: jobs
CREATE INDEX jobs_by_symbol ON jobs (symbol);
