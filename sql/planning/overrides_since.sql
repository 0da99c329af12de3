-- Overrides of a run's decisions that are in force now and were not at the run, and those that were and no longer are.
-- makes: rows
-- reads: lake.decisions, overrides_in_force(), $before_commit, $commit_id, $now, $started_at
SELECT coalesce(b.target, a.target) AS "target", coalesce(b.symbol, a.symbol) AS symbol,
       coalesce(b.route, a.route) AS route,
       CASE WHEN a.override_id IS NULL THEN 'set' ELSE 'cleared, replaced or expired' END AS "change"
FROM overrides_in_force($commit_id, $started_at) AS a
FULL JOIN overrides_in_force($before_commit, $now) AS b USING (override_id)
SEMI JOIN (FROM lake.decisions WHERE commit_id = $commit_id) AS d
    ON d.target = coalesce(b.target, a.target) AND d.symbol IS NOT DISTINCT FROM coalesce(b.symbol, a.symbol)
WHERE a.override_id IS NULL OR b.override_id IS NULL
ORDER BY ALL;
