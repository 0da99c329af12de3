INSERT INTO lake.decisions
SELECT $commit_id, $position + "position", $run_id, * EXCLUDE ("position")
FROM decisions
ORDER BY "position";
