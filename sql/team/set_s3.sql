-- The endpoint and credentials that s3_secret.sql takes, for a moment.
-- makes: variable s3
-- reads: $s3
SET VARIABLE s3 = $s3;
