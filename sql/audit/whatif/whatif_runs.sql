-- Each replayed run: its number of pairs, of pairs with another route, and of targets with another cross-sectional side.
-- makes: table whatif_runs
-- reads: nothing
CREATE TEMP TABLE whatif_runs (run_id VARCHAR, commit_id BIGINT, pairs BIGINT, flipped_pairs BIGINT, flipped_targets BIGINT);
