-- The checks of a decision, in the order of the rules: the cross-sectional side, the pair's own, the pair.
-- makes: rows
-- reads: checks, $symbol, $target
SELECT side, "check", observed, threshold, passed, source
FROM checks
WHERE scenario = 0 AND target = $target AND (side = 'cross_sectional' OR symbol = $symbol)
ORDER BY CASE side WHEN 'cross_sectional' THEN 1 WHEN 'symbol' THEN 2 ELSE 3 END, ordinal;
