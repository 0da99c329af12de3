-- Every event, one a row, in one stream.
-- commit_id: the commit that recorded it
-- position: its place in the commit, from 1
-- recorded_at: when the commit was recorded
-- type: `run`, `policy`, `artifact`, `candidate`, `decision`, `plan`, `job`, `job_status` or `override`
-- run_id: the run it belongs to
-- target: the target it is about
-- symbol: the symbol it is about
-- job_id: the job it is about
-- payload: the whole event: all columns of its own view
-- makes: view history
-- reads: artifacts, candidates, commits, decisions, job_status, jobs, overrides, plans, policies, runs
CREATE OR REPLACE VIEW history AS
SELECT e.commit_id, e."position", c.recorded_at, e.type, e.run_id, e.target, e.symbol, e.job_id, e.payload
FROM (
    SELECT commit_id, "position", 'run' AS type, run_id, NULL AS target, NULL AS symbol, NULL AS job_id, to_json(r) AS payload FROM runs AS r
    UNION ALL
    SELECT commit_id, "position", 'policy', run_id, NULL, NULL, NULL, to_json(p) FROM policies AS p
    UNION ALL
    SELECT commit_id, "position", 'artifact', run_id, NULL, NULL, NULL, to_json(a) FROM artifacts AS a
    UNION ALL
    SELECT commit_id, "position", 'candidate', run_id, target, symbol, NULL, to_json(k) FROM candidates AS k
    UNION ALL
    SELECT commit_id, "position", 'decision', run_id, target, symbol, NULL, to_json(d) FROM decisions AS d
    UNION ALL
    SELECT commit_id, "position", 'plan', run_id, NULL, NULL, NULL, to_json(p) FROM plans AS p
    UNION ALL
    SELECT commit_id, "position", 'job', run_id, target, symbol, job_id, to_json(j) FROM jobs AS j
    UNION ALL
    SELECT commit_id, "position", 'job_status', run_id, NULL, NULL, job_id, to_json(s) FROM job_status AS s
    UNION ALL
    SELECT commit_id, "position", 'override', run_id, target, symbol, NULL, to_json(o) FROM overrides AS o
) AS e
JOIN commits AS c USING (commit_id);
