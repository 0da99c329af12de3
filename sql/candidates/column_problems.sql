-- The problems of single columns of candidates.
-- makes: table column_problems
-- reads: nothing
CREATE OR REPLACE TEMP TABLE column_problems ("row" BIGINT, "rows" BIGINT, "column" VARCHAR, "value" VARCHAR, problem VARCHAR);
