SELECT count(*) FROM flips;
