-- Nor can the two settings before this one be taken back.
-- changes: the session
-- reads: nothing
SET lock_configuration = true;
