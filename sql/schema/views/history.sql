-- Every event, one a row, in one stream.
-- commit_id: the commit that recorded it
-- position: its place in the commit, from 1
-- recorded_at: when the commit was recorded
-- type: `run`, `policy`, `artifact`, `candidate`, `decision`, `plan`, `job`, `job_status`, `override` or `outcome`
-- run_id: the run it belongs to
-- target: the target it is about
-- symbol: the symbol it is about
-- job_id: the job it is about
-- payload: the whole event: all columns of its own view
-- The newest run and all that follows it come first, so that a query of the newest events skips the files of the others.
-- makes: view history
-- reads: events_between(), variable newest_run
CREATE OR REPLACE VIEW history AS
FROM events_between(coalesce(getvariable('newest_run')::BIGINT, 0), 9223372036854775807)
UNION ALL
FROM events_between(0, coalesce(getvariable('newest_run')::BIGINT, 0) - 1);
