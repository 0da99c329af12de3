-- Forget what set_s3.sql set.
-- changes: the session
-- reads: nothing
RESET VARIABLE s3;
