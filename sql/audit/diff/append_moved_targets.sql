-- The targets with other thresholds, for a counterfactual of which a run has recorded the routes of the others.
-- appends to: swapped_targets
-- reads: moved_targets, $commit_id, $scenario
INSERT INTO swapped_targets SELECT $commit_id::BIGINT, target, $scenario::BIGINT FROM moved_targets;
