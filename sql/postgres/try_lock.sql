-- Take the lock of writers of a store if it is free.
-- makes: rows
-- reads: $1
SELECT pg_try_advisory_lock(hashtextextended('planstore ' || $1, 0)) AS is_held;
