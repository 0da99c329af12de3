-- The answer to a request, by who has just got the lock: with an answer the lock is given back at once, without one the
-- request is its own to commit. Either way the request is over.
-- changes: planstore_requests
-- reads: $1, $2
DELETE FROM planstore_requests WHERE id = $1
RETURNING answer, CASE WHEN answer IS NOT NULL THEN pg_advisory_unlock(hashtextextended('planstore ' || $2, 0)) END AS is_free;
