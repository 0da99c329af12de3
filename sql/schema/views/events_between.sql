-- Every event of a stretch of commits, one a row.
-- makes: macro events_between()
-- reads: artifacts, candidates, commits, decisions, job_status, jobs, outcomes, overrides, plans, policies, runs
CREATE OR REPLACE MACRO events_between(first_commit, last_commit) AS TABLE
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
    UNION ALL
    SELECT commit_id, "position", 'outcome', run_id, target, symbol, job_id, to_json(u) FROM outcomes AS u
) AS e
JOIN commits AS c USING (commit_id)
WHERE e.commit_id BETWEEN first_commit AND last_commit;
