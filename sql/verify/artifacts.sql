-- Every artifact that an event names, with the first commit that does; its size where it was recorded.
-- makes: rows
-- reads: lake.artifacts, lake.job_status
SELECT commit_id, digest, size FROM lake.artifacts
UNION ALL
SELECT min(commit_id), digest, NULL
FROM (SELECT commit_id, unnest(artifacts) AS digest FROM lake.job_status)
ANTI JOIN lake.artifacts USING (digest)
GROUP BY digest
ORDER BY commit_id, digest;
