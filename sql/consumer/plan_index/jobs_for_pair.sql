-- As jobs_for_pair, where one plan is all there is. The index answers for the target, because an index is used only
-- where the table has one condition; the rest is one condition over several columns, which stays outside.
-- makes: macro jobs_for_pair()
-- reads: jobs
CREATE OR REPLACE MACRO jobs_for_pair(t, s, kind := NULL, plan := NULL) AS TABLE
FROM jobs
WHERE target = t
  AND [ordinal > 0, symbol IS NOT DISTINCT FROM s, coalesce(training_type = kind, true)] = [true, true, true]
ORDER BY ordinal;
