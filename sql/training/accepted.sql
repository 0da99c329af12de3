-- Those of the incoming reports that come from the job's holder: the worker of its latest attempt, which has not ended.
-- A job whose attempt was lost is planned again, until too many were.
-- makes: rows
-- reads: incoming_reports, job_standing, $max_attempts
SELECT i.place,
       CASE WHEN i.status <> 'lost' THEN i.status WHEN s.lost + 1 < $max_attempts THEN 'planned' ELSE 'failed' END AS status
FROM incoming_reports AS i
JOIN job_standing AS s
    ON s.job_id = i.job_id AND s.attempt = i.attempt AND s.worker = i.worker AND s.status IN ('claimed', 'running')
ORDER BY i.place;
