-- A plan's jobs as rows, to compare with another plan's.
-- makes: rows
-- reads: jobs
FROM jobs ORDER BY ordinal;
