-- The fits whose seconds are known, one for each family of a trained job. A family that did not train a job, because it does
-- not train its task, took none of its seconds.
-- makes: view timed_fits
-- reads: trained_jobs
CREATE OR REPLACE TEMP VIEW timed_fits AS
SELECT * FROM (
    SELECT commit_id, training_type, family, trained_rows,
           coalesce((metrics->>('$."seconds_' || family || '"'))::DOUBLE,
                    CASE WHEN len(model_families) = 1 THEN (metrics->>'$.seconds')::DOUBLE
                         WHEN len(list_filter(json_keys(metrics), lambda name: name LIKE 'seconds\_%' ESCAPE '\')) > 0 THEN 0
                         END) AS seconds
    FROM (SELECT *, unnest(model_families) AS family FROM trained_jobs)
)
WHERE seconds IS NOT NULL;
