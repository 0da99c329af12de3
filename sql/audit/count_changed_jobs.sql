-- How many jobs differ between the plans that are compared, by how they do.
SELECT "change", count(*)
FROM plan_diff(getvariable('compared_plans').a, getvariable('compared_plans').b)
GROUP BY "change";
