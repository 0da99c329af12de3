-- Give the lock of writers of a store back.
-- makes: rows
-- reads: $1
SELECT pg_advisory_unlock(hashtextextended('planstore ' || $1, 0));
