-- The values by which jobs of a plan can be selected: targets, symbols, families and priorities of trained jobs.
-- makes: rows
-- reads: lake.jobs, $plan_id
WITH planned AS MATERIALIZED (
    SELECT * FROM lake.jobs WHERE plan_id = $plan_id AND training_type <> 'blocked'
)
FROM (
    SELECT 'target' AS criterion, target AS choice FROM planned
    UNION
    SELECT 'symbol', symbol FROM planned WHERE symbol IS NOT NULL
    UNION
    SELECT 'family', unnest(model_families) FROM planned
    UNION
    SELECT 'priority', priority::VARCHAR FROM planned
)
ORDER BY criterion, choice;
