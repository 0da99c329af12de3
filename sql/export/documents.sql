-- The documents of a plan.
-- makes: rows
-- reads: lake.plan_documents, $plan_id
SELECT "view", "key", jobs FROM lake.plan_documents WHERE plan_id = $plan_id ORDER BY "view", "key";
