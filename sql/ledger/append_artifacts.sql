-- The rows come with their places, from 1.
-- appends to: lake.artifacts
-- reads: $commit_id, $position, $rows, $run_id
INSERT INTO lake.artifacts
SELECT $commit_id, $position + place, $run_id, digest, media_type, size, name, belongs_to
FROM (SELECT unnest($rows::STRUCT(
    place BIGINT, digest VARCHAR, media_type VARCHAR, size BIGINT, name VARCHAR, belongs_to VARCHAR)[],
    recursive := true))
ORDER BY place;
