-- Promises with their outcomes; runs on the same evidence promise the same, so that only the newest of them counts.
-- makes: rows
-- reads: promised_outcomes, runs, $targets
SELECT p.run_id, p.target, p.symbol, p.state, p.metric_name, p.promised, p.promised_low, p.promised_high, p.realized, p.realized_null
FROM promised_outcomes AS p
JOIN runs AS r ON r.run_id = p.run_id
WHERE p.promised IS NOT NULL AND (len($targets::VARCHAR[]) = 0 OR list_contains($targets::VARCHAR[], p.target))
QUALIFY row_number() OVER (
    PARTITION BY p.evidence_id, p.target, p.symbol, p.first_timestamp, p.last_timestamp ORDER BY r.commit_id DESC) = 1
ORDER BY r.commit_id, p.target, p.symbol NULLS FIRST, p.first_timestamp;
