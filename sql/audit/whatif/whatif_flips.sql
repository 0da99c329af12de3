-- One row is a decision that another policy changes.
-- makes: table whatif_flips
-- reads: nothing
CREATE TEMP TABLE whatif_flips (
    run_id VARCHAR, commit_id BIGINT, target VARCHAR, symbol VARCHAR, route VARCHAR, route_then VARCHAR, "rule" VARCHAR
);
