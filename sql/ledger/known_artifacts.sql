-- Those of some files that are known to the ledger.
-- makes: rows
-- reads: lake.artifacts, $digests
SELECT DISTINCT digest FROM lake.artifacts WHERE digest IN (SELECT unnest($digests::VARCHAR[])) ORDER BY digest;
