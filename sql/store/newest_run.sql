-- The newest run.
FROM latest_run;
