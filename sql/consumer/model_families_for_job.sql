SELECT model_families_for_job($target, $symbol, kind := $training_type);
