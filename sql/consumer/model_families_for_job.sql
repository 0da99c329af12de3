-- makes: rows
-- reads: model_families_for_job(), $symbol, $target, $training_type
SELECT model_families_for_job($target, $symbol, kind := $training_type);
