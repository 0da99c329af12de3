INSERT INTO lake.job_status
VALUES ($commit_id, $position + 1, $run_id, $plan_id, $job_id, $attempt, $status, $worker, $occurred_at, $lease_until,
        $metrics, $error, $artifacts);
