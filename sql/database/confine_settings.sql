-- Nor can the two settings before this one be taken back.
SET lock_configuration = true;
