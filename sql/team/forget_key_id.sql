-- Forget the value that the extension took from AWS's variables when it was loaded: settings can be listed, and without
-- it the only credentials are those of s3_secret.sql, which reach no further than the store's prefix.
-- changes: the session
-- reads: nothing
SET GLOBAL s3_access_key_id = '';
