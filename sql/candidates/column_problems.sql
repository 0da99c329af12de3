-- What is wrong with single columns of candidates, whatever else their rows hold.
-- makes: table column_problems
-- reads: nothing
CREATE OR REPLACE TEMP TABLE column_problems ("row" BIGINT, "rows" BIGINT, "column" VARCHAR, "value" VARCHAR, problem VARCHAR);
