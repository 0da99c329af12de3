-- The jobs of one target, in plan order.
-- makes: rows
-- reads: jobs_for_target(), $target
FROM jobs_for_target($target);
