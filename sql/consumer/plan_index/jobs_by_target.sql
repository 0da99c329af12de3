-- The jobs of a plan by target, so that a look-up reads only its result.
-- makes: index jobs_by_target
-- reads: jobs
CREATE INDEX jobs_by_target ON jobs (target);
