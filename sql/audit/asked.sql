-- The flips that are decided again: those of the targets that are measured in another way.
CREATE OR REPLACE TEMP TABLE asked AS
SELECT f.target, f.symbol FROM flips AS f SEMI JOIN moved_targets AS m ON m.target = f.target;
