SELECT "change", count(*) FROM changed_jobs GROUP BY "change";
