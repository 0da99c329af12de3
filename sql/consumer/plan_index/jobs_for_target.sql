-- As jobs_for_target, where one plan is all there is: one condition, so that the index answers.
-- makes: macro jobs_for_target()
-- reads: jobs
CREATE OR REPLACE MACRO jobs_for_target(t, plan := NULL) AS TABLE
FROM jobs WHERE target = t ORDER BY ordinal;
