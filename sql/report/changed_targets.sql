-- The targets with flips among their pairs, most first, with what became of their cross-sectional side.
SELECT f.target, count(f.symbol) AS flips,
       (SELECT count(*) FROM report_decisions AS d WHERE d.target = f.target AND d.symbol IS NOT NULL) AS pairs,
       any_value(f.route_a) FILTER (f.symbol IS NULL) AS was, any_value(f.route_b) FILTER (f.symbol IS NULL) AS "is"
FROM report_flips AS f
GROUP BY f.target
ORDER BY flips DESC, f.target;
