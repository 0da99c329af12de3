-- Who holds the lock of writers of a store: the name that its connection gave itself, and since when.
-- makes: rows
-- reads: pg_database, pg_locks, pg_stat_activity, $1
SELECT a.application_name, coalesce(a.state_change, a.backend_start)
FROM pg_locks AS l
JOIN pg_stat_activity AS a USING (pid),
     (SELECT hashtextextended('planstore ' || $1, 0) AS key) AS k
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.classid = ((k.key >> 32) & 4294967295)::oid AND l.objid = (k.key & 4294967295)::oid
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database());
