-- The name that a policy was first adopted under.
-- makes: rows
-- reads: policies, $policy_id
SELECT name FROM policies WHERE policy_id = $policy_id;
