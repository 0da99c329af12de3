-- The rows are staged with their positions; where they lie in the file, the threads that write it decide.
-- appends to: lake.candidates
-- reads: evidence, $commit_id, $position, $run_id
INSERT INTO lake.candidates
SELECT $commit_id, $position + "position", $run_id, * EXCLUDE ("position")
FROM evidence;
