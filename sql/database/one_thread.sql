-- Averages come out the same to the last bit from run to run only where one thread adds them up.
-- changes: the session
-- reads: nothing
SET threads = 1;
