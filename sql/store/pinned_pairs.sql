-- How many pairs of a target the newest run decided on, and how many of them have a pin of their own.
-- makes: rows
-- reads: current_decisions, overrides_in_force(), $before_commit, $moment, $target
SELECT count(*) AS pairs, count(o.override_id) AS own
FROM current_decisions AS d
LEFT JOIN overrides_in_force($before_commit, $moment) AS o ON o.target = d.target AND o.symbol = d.symbol
WHERE d.target = $target AND d.symbol IS NOT NULL;
