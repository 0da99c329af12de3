-- The policy of an id, or of the start of one that fits one policy, with its document.
-- makes: rows
-- reads: policies, $start
SELECT policy_id, name, commit_id, document
FROM policies
WHERE starts_with(policy_id, $start) AND (SELECT count(DISTINCT policy_id) FROM policies WHERE starts_with(policy_id, $start)) = 1
ORDER BY commit_id
LIMIT 1;
