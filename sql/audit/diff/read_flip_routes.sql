FROM flips;
