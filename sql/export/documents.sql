-- The documents of a plan.
SELECT "view", "key", jobs FROM lake.plan_documents WHERE plan_id = $plan_id ORDER BY "view", "key";
