-- makes: rows
-- reads: flips
FROM flips;
