-- The decisions of a run, staged in order, as their digest is computed over them.
SELECT * EXCLUDE (scenario) FROM decisions;
