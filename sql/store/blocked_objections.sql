-- The first objection against the symbol side of each blocked pair of a run, with the number of such pairs, most first. A pair
-- whose side has no objection, but too low a score, counts as that.
-- makes: rows
-- reads: decisions, $commit_id
SELECT coalesce(nullif(regexp_extract(reasons[2], '; ([^;()]+)\)$', 1), ''), 'score or stability not enough') AS objection,
       count(*) AS pairs
FROM decisions
WHERE commit_id = $commit_id AND symbol IS NOT NULL AND route = 'ROUTE_BLOCKED'
GROUP BY objection
ORDER BY pairs DESC, objection;
