-- Whether a file is known to the ledger.
SELECT count(*) > 0 FROM lake.artifacts WHERE digest = $digest;
