FROM plan_counts();
