-- Every policy with its document.
-- makes: rows
-- reads: lake.policies
SELECT commit_id, policy_id, document::VARCHAR AS document FROM lake.policies ORDER BY commit_id;
