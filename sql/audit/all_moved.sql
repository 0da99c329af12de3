-- All targets with a flip, where no run says what becomes of some of them.
CREATE OR REPLACE TEMP TABLE moved_targets AS SELECT DISTINCT target FROM flips;
