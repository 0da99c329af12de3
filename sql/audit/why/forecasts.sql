-- How far the scores that came true of earlier runs lay from their promises: the half-width that held of nine in ten of each
-- kind of side (split conformal), where there are enough of them to say so. Those of other metrics do not count.
-- makes: rows
-- reads: promised_outcomes, runs, $commit_id, $metric_names
SELECT pooled, metric_name, n AS outcomes, distances[ceil((n + 1) * 0.9)::BIGINT] AS half_width
FROM (
    SELECT o.symbol IS NULL AS pooled, o.metric_name, count(*) AS n,
           list(abs(o.realized - o.promised) ORDER BY abs(o.realized - o.promised)) AS distances
    FROM promised_outcomes AS o
    JOIN runs AS r USING (run_id)
    WHERE r.commit_id < $commit_id AND o.promised IS NOT NULL AND o.realized IS NOT NULL
      AND list_contains($metric_names, o.metric_name)
    GROUP BY pooled, o.metric_name
)
WHERE ceil((n + 1) * 0.9) <= n
ORDER BY pooled DESC, metric_name;
