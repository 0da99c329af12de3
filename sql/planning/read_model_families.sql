-- The families of a run, normalised, in order.
-- makes: rows
-- reads: model_families
SELECT family FROM model_families ORDER BY ordinal;
