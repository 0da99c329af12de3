-- Each replayed run: its number of pairs, of pairs with another route, of targets with another cross-sectional side, and of fits
-- more and fewer.
-- makes: table whatif_runs
-- reads: nothing
CREATE TEMP TABLE whatif_runs (
    run_id VARCHAR, commit_id BIGINT, pairs BIGINT, flipped_pairs BIGINT, flipped_targets BIGINT, fits_added BIGINT,
    fits_removed BIGINT
);
