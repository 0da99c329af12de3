-- Recorded jobs, as they are, into the lake in memory.
-- appends to: lake.jobs
-- reads: copied_jobs
INSERT INTO lake.jobs BY NAME FROM copied_jobs;
