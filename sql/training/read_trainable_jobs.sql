-- The jobs of the plan that are trained, in plan order.
-- makes: rows
-- reads: trainable_jobs
FROM trainable_jobs ORDER BY ordinal;
