-- The targets that each counterfactual (a scenario) decides, and the commit of their evidence.
-- makes: table swapped_targets
-- reads: nothing
CREATE OR REPLACE TEMP TABLE swapped_targets (commit_id BIGINT, target VARCHAR, scenario BIGINT);
