-- The number of candidates by side and stability, and whether the policy allows that stability.
-- makes: rows
-- reads: side_checks
SELECT e.side, e.stability, count(*) AS candidates, bool_and(e.stability_allowed) AS allowed
FROM side_checks AS e
GROUP BY e.side, e.stability
ORDER BY e.side, candidates DESC, e.stability;
