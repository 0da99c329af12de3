-- The number of pairs, and of targets themselves, with another route.
-- makes: rows
-- reads: flips
SELECT count(symbol) AS flipped_pairs, count(*) - count(symbol) AS flipped_targets FROM flips;
