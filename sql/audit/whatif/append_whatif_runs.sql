-- The counts of one run, with and without another policy.
-- appends to: whatif_runs
-- reads: jobs, recorded, recorded_jobs, whatif_flips, $commit_id, $run_id
INSERT INTO whatif_runs
WITH families AS (
    SELECT coalesce(r.model_families, []) AS before, coalesce(j.model_families, []) AS after
    FROM recorded_jobs AS r
    FULL JOIN jobs AS j USING (job_id)
    WHERE r.model_families IS DISTINCT FROM j.model_families
),
fits AS (
    SELECT coalesce(sum(len(list_filter(after, lambda family: NOT list_contains(before, family)))), 0) AS added,
           coalesce(sum(len(list_filter(before, lambda family: NOT list_contains(after, family)))), 0) AS removed
    FROM families
)
SELECT $run_id, $commit_id, (SELECT count(symbol) FROM recorded), count(symbol), count(*) - count(symbol),
       (SELECT added FROM fits), (SELECT removed FROM fits)
FROM whatif_flips
WHERE commit_id = $commit_id;
