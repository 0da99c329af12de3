-- The jobs of the plan that are trained, in plan order.
FROM trainable_jobs ORDER BY ordinal;
