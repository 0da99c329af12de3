-- The targets with flips among their pairs, most first, with the change of their cross-sectional side.
-- makes: rows
-- reads: report_decisions, report_flips
SELECT f.target, count(f.symbol) AS flips,
       (SELECT count(*) FROM report_decisions AS d WHERE d.target = f.target AND d.symbol IS NOT NULL) AS pairs,
       any_value(f.cs_state_a) AS state_a, any_value(f.cs_state_b) AS state_b,
       any_value(f.cs_score_a) AS score_a, any_value(f.cs_score_b) AS score_b
FROM report_flips AS f
GROUP BY f.target
ORDER BY flips DESC, f.target;
