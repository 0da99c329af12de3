-- The checks that a policy asks for, with the number of sides that each looks at, and of those that pass it.
-- makes: rows
-- reads: checks
SELECT "check", count(*) AS sides, count(*) FILTER (passed) AS passed
FROM checks
WHERE threshold IS NOT NULL AND "check" <> 'EXPERIMENTAL_LANE_ROOM'
  AND (NOT starts_with("check", 'EXPERIMENTAL') OR threshold <> '"lane on"')
GROUP BY "check"
ORDER BY min(ordinal);
