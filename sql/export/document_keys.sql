-- What one kind of document is about, in this plan.
SELECT "key" FROM lake.plan_documents WHERE plan_id = $plan_id AND "view" = $view ORDER BY "key";
