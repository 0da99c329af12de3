-- The decisions of a run, staged in order, as their digest is computed over them.
SELECT * EXCLUDE ("position") FROM decisions;
