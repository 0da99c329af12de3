-- The budget of a plan, where it leaves something out.
-- makes: rows
-- reads: plans, $plan_id
SELECT metadata->'$.budget' AS budget
FROM plans
WHERE plan_id = $plan_id
  AND ((metadata->>'$.budget.jobs_left_out')::BIGINT > 0 OR (metadata->>'$.budget.families_left_out')::BIGINT > 0);
