-- The plan that macros mean when none is named.
CREATE OR REPLACE TEMP VIEW current_plan AS FROM plans LIMIT 1;
