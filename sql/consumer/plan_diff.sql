SELECT job_id, change FROM plan_diff($a, $b);
