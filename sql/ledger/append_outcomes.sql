-- The rows are staged with their positions and their runs; where they lie in the file, the threads that write it decide.
-- appends to: lake.outcomes
-- reads: recorded_outcomes, $commit_id, $position
INSERT INTO lake.outcomes
SELECT $commit_id, $position + "position", * EXCLUDE ("position")
FROM recorded_outcomes;
