-- The snapshots that documents of a commit's plans inside the catalog are said to be of; documents of no plan are told apart.
-- makes: rows
-- reads: lake.plans, $inlined
SELECT DISTINCT p.commit_id, d.begin_snapshot
FROM query_table($inlined) AS d
JOIN lake.plans AS p USING (plan_id)
ORDER BY ALL;
