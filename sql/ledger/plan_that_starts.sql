-- A plan whose id starts with $start, if there is one.
-- makes: rows
-- reads: lake.plans, $start
SELECT plan_id FROM lake.plans WHERE starts_with(plan_id, $start) LIMIT 1;
