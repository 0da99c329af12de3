-- The results of the jobs that were first trained from some inputs: a row for each file, with the job's metrics.
-- makes: rows
-- reads: lake.artifacts, lake.job_status, $digests
WITH origins AS (
    SELECT digest AS inputs, arg_min(commit_id, (commit_id, "position")) AS commit_id,
           arg_min(belongs_to, (commit_id, "position")) AS belongs_to
    FROM lake.artifacts
    WHERE name = 'inputs' AND list_contains($digests::VARCHAR[], digest)
    GROUP BY digest
)
SELECT o.inputs, s.metrics, s.error AS left_out, a.digest, a.media_type, a.size, a.name
FROM origins AS o
JOIN lake.job_status AS s
    ON s.commit_id = o.commit_id AND s.plan_id || '/' || s.job_id = o.belongs_to AND s.status = 'succeeded'
JOIN lake.artifacts AS a ON a.commit_id = o.commit_id AND a.belongs_to = o.belongs_to
ORDER BY o.inputs, a."position";
