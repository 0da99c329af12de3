-- Each run that was decided again: how many pairs it has, how many of them would be routed otherwise, and how many targets
-- themselves would be.
-- makes: table whatif_runs
-- reads: nothing
CREATE TEMP TABLE whatif_runs (run_id VARCHAR, commit_id BIGINT, pairs BIGINT, flipped_pairs BIGINT, flipped_targets BIGINT);
