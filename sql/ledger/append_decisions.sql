-- The rows are staged with their positions; where they lie in the file, the threads that write it decide.
INSERT INTO lake.decisions
SELECT $commit_id, $position + "position", $run_id, * EXCLUDE ("position", scenario)
FROM decisions;
