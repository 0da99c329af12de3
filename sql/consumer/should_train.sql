SELECT should_train($target, $symbol, kind := $training_type);
