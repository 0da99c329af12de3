-- How many jobs plan b adds to plan a, removes from it and changes.
SELECT "change", count(*) FROM plan_diff($a, $b) GROUP BY "change" ORDER BY "change";
