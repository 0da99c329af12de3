-- Take the requests of those who wait for the lock, up to a number of events in the order in which they will get it; the
-- last column has that order.
-- changes: planstore_requests
-- reads: $1, $2
UPDATE planstore_requests AS r SET is_taken = true
FROM (
    SELECT q.id, sum(q.size) OVER (ORDER BY l.waitstart, l.pid) AS total
    FROM planstore_requests AS q
    JOIN pg_locks AS l ON l.pid = q.backend,
         (SELECT hashtextextended('planstore ' || $1, 0) AS key) AS k
    WHERE q.answer IS NULL AND l.locktype = 'advisory' AND NOT l.granted AND l.objsubid = 1
      AND l.classid = ((k.key >> 32) & 4294967295)::oid AND l.objid = (k.key & 4294967295)::oid
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS f
WHERE f.id = r.id AND f.total <= $2
RETURNING r.id::text, r.actor, r.size, r.events, f.total;
