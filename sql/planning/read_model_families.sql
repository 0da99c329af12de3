-- The families of a run, normalised, in order.
SELECT family FROM model_families ORDER BY ordinal;
