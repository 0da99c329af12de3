-- How many pairs, and how many targets themselves, have another route.
SELECT count(symbol) AS flipped_pairs, count(*) - count(symbol) AS flipped_targets FROM flips;
