-- What each family of each planned job may cost. Its rows are those of the newest earlier job of its target and symbol, else
-- those of its evidence, else the median of its kind of jobs; its seconds are as many for a row as those of all earlier jobs
-- of its kind with that family; a family that did not train a job, because it does not train its task, took none of it. Both
-- are null where there is no earlier job to say so.
-- makes: table job_costs
-- reads: costed_jobs, timed_fits, trained_jobs
CREATE OR REPLACE TEMP TABLE job_costs AS
WITH rates AS (
    SELECT training_type, family, count(*) AS earlier_jobs, sum(seconds) / sum(trained_rows) AS seconds_a_row
    FROM timed_fits
    GROUP BY training_type, family
),
newest AS (
    SELECT target, symbol, arg_max(trained_rows, commit_id) AS trained_rows FROM trained_jobs GROUP BY target, symbol
),
usual AS (
    SELECT training_type, median(trained_rows) AS trained_rows FROM trained_jobs GROUP BY training_type
),
planned AS (
    SELECT job_id, target, symbol, training_type, estimated_samples, unnest(model_families) AS family
    FROM costed_jobs
    WHERE training_type <> 'blocked'
)
SELECT p.job_id, p.training_type, p.family,
       coalesce(n.trained_rows, p.estimated_samples, u.trained_rows) AS row_count,
       row_count * r.seconds_a_row AS seconds, coalesce(r.earlier_jobs, 0) AS earlier_jobs
FROM planned AS p
LEFT JOIN newest AS n ON n.target = p.target AND n.symbol IS NOT DISTINCT FROM p.symbol
LEFT JOIN usual AS u ON u.training_type = p.training_type
LEFT JOIN rates AS r ON r.training_type = p.training_type AND r.family = p.family;
