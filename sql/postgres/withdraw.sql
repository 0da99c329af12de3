-- Remove a request, unless a holder of the lock is deciding it.
-- changes: planstore_requests
-- reads: $1
DELETE FROM planstore_requests WHERE id = $1 AND NOT is_taken RETURNING id::text;
