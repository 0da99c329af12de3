-- Whether a policy was adopted before.
SELECT count(*) > 0 FROM lake.policies WHERE policy_id = $policy_id;
