-- The documents of the plans published in a stretch of commits, from their jobs alone:
-- which jobs, by ordinal, belong to each target, symbol, type and route. A job without a symbol belongs to no symbol.
-- makes: macro derived_plan_documents()
-- reads: lake.jobs
CREATE OR REPLACE TEMP MACRO derived_plan_documents(first_commit, last_commit) AS TABLE
SELECT plan_id,
       CASE WHEN grouping(target) = 0 THEN 'by_target' WHEN grouping(symbol) = 0 THEN 'by_symbol'
            WHEN grouping(training_type) = 0 THEN 'by_type' ELSE 'by_route' END AS "view",
       coalesce(target, symbol, training_type, route) AS "key", list_sort(list(ordinal)) AS jobs
FROM lake.jobs
WHERE commit_id BETWEEN first_commit AND last_commit
GROUP BY GROUPING SETS ((plan_id, target), (plan_id, symbol), (plan_id, training_type), (plan_id, route))
HAVING coalesce(target, symbol, training_type, route) IS NOT NULL
ORDER BY min(commit_id), "view", "key";
