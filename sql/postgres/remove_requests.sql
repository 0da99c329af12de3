-- Remove the requests of connections that do not wait for a lock: their writers have ended, or go on without them.
-- changes: planstore_requests
-- reads: pg_locks
DELETE FROM planstore_requests
WHERE NOT EXISTS (
    SELECT 1 FROM pg_locks AS l WHERE l.locktype = 'advisory' AND NOT l.granted AND l.pid = planstore_requests.backend);
