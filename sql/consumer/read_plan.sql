-- The metadata and summary of a plan in the ledger.
-- makes: rows
-- reads: lake.plans, $plan_id
SELECT metadata, summary FROM lake.plans WHERE plan_id = $plan_id;
