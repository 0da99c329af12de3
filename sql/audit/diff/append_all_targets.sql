-- All targets with a flip, for a counterfactual of which no run has recorded routes.
-- appends to: swapped_targets
-- reads: flips, $commit_id, $scenario
INSERT INTO swapped_targets SELECT DISTINCT $commit_id::BIGINT, target, $scenario::BIGINT FROM flips;
