-- How many other runs decided on a pair or target, and what the last of them decided.
-- makes: rows
-- reads: decisions, $commit_id, $symbol, $target
SELECT count(*) AS runs, max(commit_id) AS commit_id, arg_max(run_id, commit_id) AS run_id, arg_max(route, commit_id) AS route
FROM decisions
WHERE target = $target AND symbol IS NOT DISTINCT FROM $symbol AND commit_id <> $commit_id
HAVING count(*) > 0;
