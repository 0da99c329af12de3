-- The number of other runs with a decision on a pair or target, and the newest of these decisions.
-- makes: rows
-- reads: decisions, $commit_id, $symbol, $target
SELECT count(*) AS runs, max(commit_id) AS commit_id, arg_max(run_id, commit_id) AS run_id, arg_max(route, commit_id) AS route
FROM decisions
WHERE target = $target AND symbol IS NOT DISTINCT FROM $symbol AND commit_id <> $commit_id
HAVING count(*) > 0;
