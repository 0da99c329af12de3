-- The metadata and summary of a plan in the ledger.
SELECT metadata, summary FROM lake.plans WHERE plan_id = $plan_id;
