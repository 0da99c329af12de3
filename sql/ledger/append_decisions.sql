-- The rows are staged in the order of their positions, and the database keeps the order of what it copies.
INSERT INTO lake.decisions
SELECT $commit_id, $position + "position", $run_id, * EXCLUDE ("position", scenario)
FROM decisions;
