-- The jobs of one pair, or (symbol null) the cross-sectional ones of a target; of one training type, or (null) of any.
-- makes: rows
-- reads: jobs_for_pair(), $symbol, $target, $training_type
FROM jobs_for_pair($target, $symbol, kind := $training_type);
