-- The incoming statuses that are recorded already, as they are recorded, with their commit. Only rows between the times of
-- the first and the last incoming status are read.
-- makes: rows
-- reads: incoming_status, lake.job_status, $earliest, $latest
SELECT 0 AS place, s.plan_id, s.job_id, s.attempt, s.status, s.worker, s.occurred_at, s.lease_until,
       s.metrics::VARCHAR AS metrics, s.error, s.artifacts, s.commit_id
FROM (FROM lake.job_status WHERE occurred_at BETWEEN $earliest AND $latest) AS s
SEMI JOIN incoming_status AS i
    ON s.plan_id = i.plan_id AND s.job_id = i.job_id AND s.attempt = i.attempt AND s.status = i.status
    AND s.occurred_at = i.occurred_at
ORDER BY s.commit_id, s."position";
