-- Whether a plan was published before.
SELECT count(*) > 0 FROM lake.plans WHERE plan_id = $plan_id;
