-- Commits in which positions are not 1, 2, 3, … over all their tables together.
-- makes: rows
-- reads: lake.artifacts, lake.candidates, lake.decisions, lake.job_status, lake.jobs, lake.overrides, lake.plans, lake.policies, lake.runs
SELECT commit_id, concat('its ', count(*), ' events have ', count(DISTINCT "position"), ' positions from ', min("position"),
                         ' to ', max("position")) AS problem
FROM (
    SELECT commit_id, "position" FROM lake.runs
    UNION ALL SELECT commit_id, "position" FROM lake.policies
    UNION ALL SELECT commit_id, "position" FROM lake.artifacts
    UNION ALL SELECT commit_id, "position" FROM lake.candidates
    UNION ALL SELECT commit_id, "position" FROM lake.decisions
    UNION ALL SELECT commit_id, "position" FROM lake.plans
    UNION ALL SELECT commit_id, "position" FROM lake.jobs
    UNION ALL SELECT commit_id, "position" FROM lake.job_status
    UNION ALL SELECT commit_id, "position" FROM lake.overrides
)
GROUP BY commit_id
HAVING count(*) <> count(DISTINCT "position") OR min("position") <> 1 OR max("position") <> count(*)
ORDER BY commit_id;
