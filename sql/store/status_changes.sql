-- The changes of the status of a plan's jobs after a commit, in the order in which they were recorded.
-- makes: rows
-- reads: job_status, jobs, $after, $plan_id, $symbol, $target
SELECT s.commit_id, s.occurred_at, s.job_id, s.attempt, s.status, s.worker, (s.metrics->>'$.score')::DOUBLE AS score, s.error, s.left_out
FROM job_status AS s
JOIN jobs AS j USING (plan_id, job_id)
WHERE s.plan_id = $plan_id AND s.commit_id > $after
  AND coalesce(j.target = $target, true)
  AND coalesce(j.symbol = $symbol, $symbol IS NULL)
ORDER BY s.commit_id, s."position";
