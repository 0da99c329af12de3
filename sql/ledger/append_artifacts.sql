INSERT INTO lake.artifacts
VALUES ($commit_id, $position + 1, $run_id, $digest, $media_type, $size, $name, $belongs_to);
