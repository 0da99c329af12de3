-- The sides that are decided where some pairs only are asked about: those, every cross-sectional side, and whatever may
-- have a place in the lane before one that is asked about. What passes the lane's own checks may still be better than that,
-- and one digest may stand for several pairs: too many are decided, never too few.
CREATE OR REPLACE TEMP VIEW decided_sides AS
FROM side_checks
WHERE side = 'cross_sectional'
   OR experimental
   OR hash(target, symbol) IN (SELECT hash(target, symbol) FROM asked)
   OR hash(scenario, target) IN (
       SELECT hash(scenario, target) FROM side_checks WHERE side = 'cross_sectional' AND experimental
   );
