SELECT problem FROM plan_problems();
