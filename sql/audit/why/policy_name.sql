-- The name that a policy was first adopted under.
SELECT name FROM policies WHERE policy_id = $policy_id;
