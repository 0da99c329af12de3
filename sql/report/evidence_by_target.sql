-- The evidence of the targets that the map shows, each target's as if it were that of a commit of its own.
-- makes: rows
-- reads: kept_evidence, report_targets
SELECT t.place AS commit_id, e.* EXCLUDE (commit_id)
FROM kept_evidence AS e
JOIN report_targets AS t USING (target)
ORDER BY t.place, e."position";
