-- The plan of the newest run.
-- plans.*
-- makes: view current_plan
-- reads: latest_run, plans
CREATE OR REPLACE VIEW current_plan AS
FROM plans WHERE plan_id = (SELECT plan_id FROM latest_run);
