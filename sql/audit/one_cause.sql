-- Every flip, caused by the one thing that differs.
SELECT target, symbol, $cause AS cause FROM flips;
