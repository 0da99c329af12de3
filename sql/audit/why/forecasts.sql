-- How far the scores that came true of earlier runs lay from their promises: the half-width that held of nine in ten of each
-- kind of side (split conformal), where there are enough of them to say so. Those of other metrics do not count, nor those of
-- stretches that ended after the evidence of this run, because they were not known then; where that names no end, those that
-- were recorded after the run. Runs on the same evidence promise the same, so that only the newest of them counts.
-- makes: rows
-- reads: candidates, promised_outcomes, runs, $commit_id, $metric_names
WITH known AS (
    SELECT o.symbol IS NULL AS pooled, o.metric_name, abs(o.realized - o.promised) AS distance
    FROM promised_outcomes AS o
    JOIN runs AS r USING (run_id)
    WHERE r.commit_id < $commit_id AND o.promised IS NOT NULL AND o.realized IS NOT NULL
      AND list_contains($metric_names, o.metric_name)
      AND coalesce(
          o.last_timestamp <= (SELECT max(evidence_as_of) FROM candidates WHERE commit_id = $commit_id),
          o.commit_id < $commit_id)
    QUALIFY row_number() OVER (
        PARTITION BY o.evidence_id, o.target, o.symbol, o.first_timestamp, o.last_timestamp ORDER BY r.commit_id DESC) = 1
)
SELECT pooled, metric_name, n AS outcomes, distances[ceil((n + 1) * 0.9)::BIGINT] AS half_width
FROM (
    SELECT pooled, metric_name, count(*) AS n, list(distance ORDER BY distance) AS distances
    FROM known
    GROUP BY pooled, metric_name
)
WHERE ceil((n + 1) * 0.9) <= n
ORDER BY pooled DESC, metric_name;
