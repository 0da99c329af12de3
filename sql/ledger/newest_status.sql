-- When the latest recorded change of a job's status happened; null when there is none.
SELECT max(occurred_at) FROM lake.job_status;
