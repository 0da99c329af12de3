-- The changes of the status of a plan's jobs after a commit, in the order in which they were recorded, of these targets
-- and symbols; an empty list selects all.
-- makes: rows
-- reads: job_status, jobs, $after, $plan_id, $symbols, $targets
SELECT s.commit_id, s.occurred_at, s.job_id, s.attempt, s.status, s.worker, (s.metrics->>'$.score')::DOUBLE AS score, s.error, s.left_out
FROM job_status AS s
JOIN jobs AS j USING (plan_id, job_id)
WHERE s.plan_id = $plan_id AND s.commit_id > $after
  AND (len($targets::VARCHAR[]) = 0 OR list_contains($targets::VARCHAR[], j.target))
  AND (len($symbols::VARCHAR[]) = 0 OR coalesce(list_contains($symbols::VARCHAR[], j.symbol), false))
ORDER BY s.commit_id, s."position";
