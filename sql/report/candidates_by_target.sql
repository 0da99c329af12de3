-- The number of candidates of each target on the map.
-- makes: rows
-- reads: kept_evidence, report_targets
SELECT t.place AS target_place, count(*) AS candidates
FROM kept_evidence AS e
JOIN report_targets AS t USING (target)
GROUP BY ALL
ORDER BY ALL;
