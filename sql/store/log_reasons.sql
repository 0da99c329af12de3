-- Every decision with its reasons, for the log of a run.
-- makes: rows
-- reads: decisions
SELECT target, symbol, route, array_to_string(reasons, '; ') AS reasons FROM decisions ORDER BY "position";
