-- The documents of the plans published in a stretch of commits, from their jobs alone:
-- which jobs, by ordinal, belong to each target, symbol, type and route.
CREATE OR REPLACE TEMP MACRO derived_plan_documents(first_commit, last_commit) AS TABLE
SELECT plan_id, "view", "key", list_sort(list(ordinal)) AS jobs
FROM (
    SELECT plan_id, commit_id, 'by_target' AS "view", target AS "key", ordinal FROM lake.jobs
    UNION ALL
    SELECT plan_id, commit_id, 'by_symbol', symbol, ordinal FROM lake.jobs WHERE symbol IS NOT NULL
    UNION ALL
    SELECT plan_id, commit_id, 'by_type', training_type, ordinal FROM lake.jobs
    UNION ALL
    SELECT plan_id, commit_id, 'by_route', route, ordinal FROM lake.jobs
)
WHERE commit_id BETWEEN first_commit AND last_commit
GROUP BY plan_id, "view", "key"
ORDER BY min(commit_id), "view", "key";
