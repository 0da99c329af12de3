-- The recorded decisions that differ from their replay, by target and symbol.
-- makes: rows
-- reads: decisions, report_decisions
SELECT coalesce(r.target, d.target) AS target, coalesce(r.symbol, d.symbol) AS symbol, r.route AS recorded, d.route AS derived
FROM report_decisions AS r
FULL JOIN decisions AS d ON d.target = r.target AND d.symbol IS NOT DISTINCT FROM r.symbol
WHERE r.route IS DISTINCT FROM d.route OR r."rule" IS DISTINCT FROM d."rule" OR r.reasons IS DISTINCT FROM d.reasons
   OR r.cs_state IS DISTINCT FROM d.cs_state OR r.local_state IS DISTINCT FROM d.local_state
ORDER BY 1, 2 NULLS FIRST;
