-- The flips that are decided again: those of the targets that a swap measures in another way.
-- makes: table asked
-- reads: flips, swapped_targets
CREATE OR REPLACE TEMP TABLE asked AS
SELECT f.target, f.symbol FROM flips AS f SEMI JOIN swapped_targets AS s ON s.target = f.target;
