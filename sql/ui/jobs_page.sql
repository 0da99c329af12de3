-- A page of the jobs of a plan in plan order, of one status and a part of a name where these are given, each with the number of
-- all that fit, and the seconds from the start of its latest attempt to its latest status.
-- makes: rows
-- reads: job_status, jobs_with_status, $limit, $offset, $part, $plan_id, $status
WITH page AS (
    SELECT ordinal, job_id, target, symbol, route, training_type, model_families, priority, status, attempt, worker, status_at, error,
           lease_until, metrics, left_out, count(*) OVER () AS total
    FROM jobs_with_status
    WHERE plan_id = $plan_id AND training_type <> 'blocked' AND coalesce(status = $status, true)
      AND coalesce(contains(lower(job_id), lower($part)), true)
    ORDER BY ordinal
    LIMIT $limit OFFSET $offset
)
SELECT p.*, epoch(p.status_at - (
           SELECT min(s.occurred_at) FROM job_status AS s
           WHERE s.plan_id = $plan_id AND s.job_id = p.job_id AND s.attempt = p.attempt AND s.status IN ('claimed', 'running')
       )) AS seconds
FROM page AS p
ORDER BY ordinal;
