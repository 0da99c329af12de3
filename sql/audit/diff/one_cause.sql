-- Every flip with its cause, where the runs differ in one input.
-- makes: rows
-- reads: flips, $cause
SELECT target, symbol, [$cause] AS causes FROM flips;
