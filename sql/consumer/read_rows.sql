-- A plan's jobs as rows, to lay beside another plan's.
-- makes: rows
-- reads: jobs
FROM jobs ORDER BY ordinal;
