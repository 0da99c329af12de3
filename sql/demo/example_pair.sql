-- The pair of the newest run whose route says most: one that is trained both ways, else for itself, else any.
-- makes: rows
-- reads: current_decisions
SELECT target, symbol
FROM current_decisions
WHERE symbol IS NOT NULL
ORDER BY route = 'ROUTE_BOTH' DESC, route = 'ROUTE_SYMBOL_SPECIFIC' DESC, target, symbol
LIMIT 1;
