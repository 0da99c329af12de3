SELECT target FROM plan_targets(kind := $training_type);
