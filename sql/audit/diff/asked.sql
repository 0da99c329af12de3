-- The flips to replay: those of targets that a counterfactual measures in another way.
-- makes: table asked
-- reads: flips, swapped_targets
CREATE OR REPLACE TEMP TABLE asked AS
SELECT f.target, f.symbol FROM flips AS f SEMI JOIN swapped_targets AS s ON s.target = f.target;
