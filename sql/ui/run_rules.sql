-- The rules that decided pairs of a run, with the number of pairs, most first.
-- makes: rows
-- reads: decisions, $commit_id
SELECT "rule", count(*) AS pairs
FROM decisions
WHERE commit_id = $commit_id AND symbol IS NOT NULL
GROUP BY "rule"
ORDER BY pairs DESC, "rule";
