-- Every flip, caused by the one thing that differs.
SELECT target, symbol, [$cause] AS causes FROM flips;
