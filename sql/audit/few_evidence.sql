-- What the rules read, where what matters to the flips alone was taken out of the ledger.
CREATE OR REPLACE TEMP VIEW evidence AS FROM flip_evidence;
