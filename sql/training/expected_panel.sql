-- What a panel for a plan holds: the targets of its jobs, and the symbols that the run decided on which made it.
-- makes: rows
-- reads: lake.decisions, lake.jobs, lake.plans, $plan_id
SELECT
    (
        SELECT coalesce(list(DISTINCT target ORDER BY target), [])
        FROM lake.jobs
        WHERE plan_id = $plan_id AND training_type <> 'blocked'
    ) AS targets,
    (
        SELECT coalesce(list(DISTINCT symbol ORDER BY symbol), [])
        FROM lake.decisions
        WHERE commit_id = (SELECT min(commit_id) FROM lake.plans WHERE plan_id = $plan_id) AND symbol IS NOT NULL
    ) AS symbols;
