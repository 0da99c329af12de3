-- The targets that each swap, a scenario, decides again, and the commit whose evidence it decides them on.
-- makes: table swapped_targets
-- reads: nothing
CREATE OR REPLACE TEMP TABLE swapped_targets (commit_id BIGINT, target VARCHAR, scenario BIGINT);
