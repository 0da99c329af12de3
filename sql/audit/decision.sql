-- The decision of a pair, or (symbol null) of a target, in one run.
SELECT d.*, p.name AS policy_name
FROM decisions AS d
JOIN runs AS r ON r.commit_id = d.commit_id
LEFT JOIN policies AS p ON p.policy_id = r.policy_id
WHERE d.commit_id = $commit_id AND d.target = $target AND d.symbol IS NOT DISTINCT FROM $symbol;
