-- The decision of each scenario of a replay on a pair, or (symbol null) on a target.
-- makes: rows
-- reads: ordered_decisions, $symbol, $target
SELECT scenario, route, rule, cs_state, local_state, reasons, override_id
FROM ordered_decisions
WHERE target = $target AND symbol IS NOT DISTINCT FROM $symbol;
