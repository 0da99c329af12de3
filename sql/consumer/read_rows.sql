-- A plan's jobs as rows, to lay beside another plan's.
FROM jobs ORDER BY ordinal;
