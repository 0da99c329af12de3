SELECT symbol FROM plan_symbols($target);
