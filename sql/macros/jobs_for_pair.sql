-- The jobs of one pair, or (symbol null) the cross-sectional ones of a target; of one training type, or (null) of any.
-- t: a target
-- s: a symbol; null: the target's cross-sectional side
-- kind: a training type; null: any
-- plan: a plan id; null: the current plan
-- jobs.*
-- makes: macro jobs_for_pair()
-- reads: jobs_of()
CREATE OR REPLACE MACRO jobs_for_pair(t, s, kind := NULL, plan := NULL) AS TABLE
FROM jobs_of(plan)
WHERE target = t AND symbol IS NOT DISTINCT FROM s
  AND coalesce(training_type = kind, true)
ORDER BY ordinal;
