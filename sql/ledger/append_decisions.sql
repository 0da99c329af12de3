-- The rows are staged with their positions; where they lie in the file, the threads that write it decide.
-- appends to: lake.decisions
-- reads: decisions, $commit_id, $position, $run_id
INSERT INTO lake.decisions
SELECT $commit_id, $position + "position", $run_id, * EXCLUDE ("position", scenario)
FROM decisions;
