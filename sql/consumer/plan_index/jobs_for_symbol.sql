-- As jobs_for_symbol, where one plan is all there is: one condition, so that the index answers.
-- makes: macro jobs_for_symbol()
-- reads: jobs
CREATE OR REPLACE MACRO jobs_for_symbol(s, plan := NULL) AS TABLE
FROM jobs WHERE symbol = s ORDER BY ordinal;
