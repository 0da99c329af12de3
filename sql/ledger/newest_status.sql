-- When the latest recorded change of a job's status happened; null when there is none.
-- makes: rows
-- reads: lake.job_status
SELECT max(occurred_at) FROM lake.job_status;
