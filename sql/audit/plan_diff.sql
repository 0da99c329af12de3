-- What plan b changes against plan a.
FROM plan_diff($a, $b);
