-- Targets and symbols of the newest run whose names contain a text, shortest first.
-- makes: rows
-- reads: current_decisions, $most, $part
SELECT kind, name
FROM (
    SELECT DISTINCT 'target' AS kind, target AS name FROM current_decisions
    UNION ALL
    SELECT DISTINCT 'symbol', symbol FROM current_decisions WHERE symbol IS NOT NULL
)
WHERE contains(lower(name), lower($part))
ORDER BY length(name), name, kind
LIMIT $most;
