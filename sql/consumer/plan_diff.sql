-- makes: rows
-- reads: plan_diff(), $a, $b
SELECT job_id, change FROM plan_diff($a, $b);
