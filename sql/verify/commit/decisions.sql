-- The decisions of one commit, where the checks of a plan look for them.
-- makes: view decisions
-- reads: lake.decisions, variable verified_commit
CREATE OR REPLACE TEMP VIEW decisions AS FROM lake.decisions WHERE commit_id = getvariable('verified_commit');
