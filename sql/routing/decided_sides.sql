-- The sides that are decided: all of them.
CREATE OR REPLACE TEMP VIEW decided_sides AS FROM side_checks;
