-- The formats that a policy asks for.
-- makes: rows
-- reads: lake.policies, $policy_id
SELECT (document->'$.dump_plan_as')::VARCHAR[] FROM lake.policies WHERE policy_id = $policy_id;
