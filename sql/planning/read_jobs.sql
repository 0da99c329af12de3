-- The jobs of a plan as its digest is computed over them.
FROM jobs ORDER BY ordinal;
