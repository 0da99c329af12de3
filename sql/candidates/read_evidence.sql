-- Evidence as its digest is computed over it.
SELECT * EXCLUDE ("position") FROM evidence ORDER BY "position";
