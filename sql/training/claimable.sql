-- The next jobs for a worker that asks for one: the most urgent first, of these the CPU stage before the GPU stage, then
-- in plan order.
-- makes: rows
-- reads: open_jobs(), $since, $wanted
SELECT job_id, attempt + 1 AS attempt
FROM open_jobs($since)
WHERE NOT waits
ORDER BY urgency DESC, on_gpu, ordinal
LIMIT $wanted;
