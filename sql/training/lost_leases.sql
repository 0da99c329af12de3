-- Jobs whose worker let its lease run out, or never had one: they are planned again, until too many attempts were lost.
-- makes: rows
-- reads: job_standing, $clock, $max_attempts
SELECT job_id, attempt, worker, lease_over IS NOT NULL AS had_lease, CASE WHEN lost + 1 < $max_attempts THEN 'planned' ELSE 'failed' END AS status
FROM job_standing
WHERE status IN ('claimed', 'running') AND coalesce(lease_over < $clock, true)
ORDER BY ordinal;
