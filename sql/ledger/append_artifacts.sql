-- The rows are staged with their places, from 1.
INSERT INTO lake.artifacts
SELECT $commit_id, $position + place, $run_id, digest, media_type, size, name, belongs_to
FROM incoming_artifacts
ORDER BY place;
