-- Every flip, caused by the one thing that differs.
-- makes: rows
-- reads: flips, $cause
SELECT target, symbol, [$cause] AS causes FROM flips;
