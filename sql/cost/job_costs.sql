-- What each family of each planned job may cost. Its rows are those of the newest earlier job of its target and symbol, else
-- those of its evidence, else the median of its kind of jobs; its seconds are as many for a row as those of all earlier jobs
-- of its kind with that family; a family that did not train a job, because it does not train its task, took none of it. Both
-- are null where there is no earlier job to say so.
-- makes: table job_costs
-- reads: costed_jobs, job_status, jobs
CREATE OR REPLACE TEMP TABLE job_costs AS
WITH trained AS MATERIALIZED (
    SELECT s.commit_id, j.target, j.symbol, j.training_type, j.model_families, s.metrics,
           (s.metrics->>'$.rows_trained')::DOUBLE AS trained_rows
    FROM job_status AS s
    JOIN jobs AS j ON j.plan_id = s.plan_id AND j.job_id = s.job_id
    WHERE s.status = 'succeeded' AND trained_rows > 0
),
fits AS (
    SELECT training_type, family, trained_rows,
           coalesce((metrics->>('$."seconds_' || family || '"'))::DOUBLE,
                    CASE WHEN len(model_families) = 1 THEN (metrics->>'$.seconds')::DOUBLE
                         WHEN len(list_filter(json_keys(metrics), lambda name: name LIKE 'seconds\_%' ESCAPE '\')) > 0 THEN 0
                         END) AS seconds
    FROM (SELECT *, unnest(model_families) AS family FROM trained)
),
rates AS (
    SELECT training_type, family, count(*) AS earlier_jobs, sum(seconds) / sum(trained_rows) AS seconds_a_row
    FROM fits
    WHERE seconds IS NOT NULL
    GROUP BY training_type, family
),
newest AS (
    SELECT target, symbol, arg_max(trained_rows, commit_id) AS trained_rows FROM trained GROUP BY target, symbol
),
usual AS (
    SELECT training_type, median(trained_rows) AS trained_rows FROM trained GROUP BY training_type
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
