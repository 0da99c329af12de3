-- makes: rows
-- reads: should_train(), $symbol, $target, $training_type
SELECT should_train($target, $symbol, kind := $training_type);
