-- How many candidates of each side are how stable, and whether the policy lets such stability pass.
SELECT e.side, e.stability, count(*) AS candidates, bool_and(e.stability_allowed) AS allowed
FROM side_checks AS e
GROUP BY e.side, e.stability
ORDER BY e.side, candidates DESC, e.stability;
