-- The jobs that plan b adds to plan a, removes from it or changes.
CREATE OR REPLACE TEMP TABLE changed_jobs AS FROM plan_diff($a, $b);
