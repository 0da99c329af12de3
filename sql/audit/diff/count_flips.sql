-- How many pairs, and how many targets themselves, have another route.
-- makes: rows
-- reads: flips
SELECT count(symbol) AS flipped_pairs, count(*) - count(symbol) AS flipped_targets FROM flips;
