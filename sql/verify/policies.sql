-- Every policy with its document.
SELECT commit_id, policy_id, document::VARCHAR AS document FROM lake.policies ORDER BY commit_id;
