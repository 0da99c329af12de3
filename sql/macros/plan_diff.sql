-- The changes from plan a to plan b, one row for each job that differs, with the names and both values of its fields.
-- a: a plan id
-- b: a plan id
-- job_id: the job
-- change: `added`, `removed` or `changed`
-- target: the target of the job
-- symbol: the symbol of the job
-- route_a: its route in plan a
-- route_b: its route in plan b
-- values: the differences of a job in both plans: the field, and its value in plan a and in plan b, as texts
-- fields: the names of the fields that differ
-- makes: macro plan_diff()
-- reads: jobs
CREATE OR REPLACE MACRO plan_diff(a, b) AS TABLE
SELECT
    coalesce(y.job_id, x.job_id) AS job_id,
    CASE WHEN x.job_id IS NULL THEN 'added' WHEN y.job_id IS NULL THEN 'removed' ELSE 'changed' END AS change,
    coalesce(y.target, x.target) AS "target",
    coalesce(y.symbol, x.symbol) AS "symbol",
    x.route AS route_a,
    y.route AS route_b,
    CASE WHEN x.job_id IS NOT NULL AND y.job_id IS NOT NULL THEN list_filter([
        {'field': 'route', 'a': x.route, 'b': y.route},
        {'field': 'training_type', 'a': x.training_type, 'b': y.training_type},
        {'field': 'model_families', 'a': to_json(x.model_families)::VARCHAR, 'b': to_json(y.model_families)::VARCHAR},
        {'field': 'priority', 'a': x.priority::VARCHAR, 'b': y.priority::VARCHAR},
        {'field': 'estimated_samples', 'a': x.estimated_samples::VARCHAR, 'b': y.estimated_samples::VARCHAR},
        {'field': 'reason', 'a': x.reason, 'b': y.reason},
        {'field': 'metadata', 'a': to_json(x.metadata)::VARCHAR, 'b': to_json(y.metadata)::VARCHAR}
    ], lambda field: field.a IS DISTINCT FROM field.b) END AS "values",
    list_transform("values", lambda field: field.field) AS fields
FROM (FROM jobs WHERE plan_id = a) AS x
FULL JOIN (FROM jobs WHERE plan_id = b) AS y USING (job_id)
WHERE x.job_id IS NULL OR y.job_id IS NULL
   OR x.route IS DISTINCT FROM y.route OR x.training_type IS DISTINCT FROM y.training_type
   OR x.model_families IS DISTINCT FROM y.model_families OR x.priority IS DISTINCT FROM y.priority
   OR x.estimated_samples IS DISTINCT FROM y.estimated_samples OR x.reason IS DISTINCT FROM y.reason
   OR x.metadata IS DISTINCT FROM y.metadata
ORDER BY job_id;
