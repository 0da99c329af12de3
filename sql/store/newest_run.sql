-- The newest run.
-- makes: rows
-- reads: latest_run
FROM latest_run;
