-- Take the lock of writers of a store, or wait for it.
-- makes: rows
-- reads: $1
SELECT pg_advisory_lock(hashtextextended('planstore ' || $1, 0));
