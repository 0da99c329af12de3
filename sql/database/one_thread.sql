-- Averages come out the same to the last bit from run to run only where one thread adds them up.
SET threads = 1;
