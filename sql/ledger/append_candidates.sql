INSERT INTO lake.candidates
SELECT $commit_id, $position + "position", $run_id, * EXCLUDE ("position")
FROM evidence
ORDER BY "position";
