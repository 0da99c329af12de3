-- The evidence of the targets that the map shows, each target's as a set of its own.
-- makes: rows
-- reads: kept_evidence, report_targets
SELECT t.place AS evidence_set, e.* EXCLUDE (commit_id)
FROM kept_evidence AS e
JOIN report_targets AS t USING (target)
ORDER BY t.place, e."position";
