-- Every artifact that an event names.
SELECT commit_id, digest, size FROM lake.artifacts ORDER BY commit_id, "position";
