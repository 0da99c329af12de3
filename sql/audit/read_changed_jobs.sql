-- The jobs that differ between the plans that are compared, by job id.
FROM plan_diff(getvariable('compared_plans').a, getvariable('compared_plans').b);
