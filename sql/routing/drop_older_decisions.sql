-- What older rules ended in, when it is held.
DROP TABLE older_decisions;
