-- The decisions of one run that another policy changes.
-- appends to: whatif_flips
-- reads: decisions, recorded, $commit_id, $run_id
INSERT INTO whatif_flips
SELECT $run_id, $commit_id, coalesce(r.target, d.target), coalesce(r.symbol, d.symbol), r.route, d.route, d.rule
FROM recorded AS r
FULL JOIN decisions AS d ON d.target = r.target AND d.symbol IS NOT DISTINCT FROM r.symbol
WHERE r.route IS DISTINCT FROM d.route;
