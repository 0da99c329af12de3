-- The jobs of one commit, where the checks of a plan look for them.
-- makes: view jobs
-- reads: lake.jobs, variable verified_commit
CREATE OR REPLACE TEMP VIEW jobs AS FROM lake.jobs WHERE commit_id = getvariable('verified_commit');
