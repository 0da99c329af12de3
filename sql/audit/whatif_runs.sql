-- Each run that was decided again: how many pairs it has, and how many of them would be routed otherwise.
CREATE TEMP TABLE whatif_runs (run_id VARCHAR, commit_id BIGINT, pairs BIGINT, flipped_pairs BIGINT);
