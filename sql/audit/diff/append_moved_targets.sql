-- Where a run has recorded what becomes of a target that is measured as before, a swap decides the others.
-- appends to: swapped_targets
-- reads: moved_targets, $commit_id, $scenario
INSERT INTO swapped_targets SELECT $commit_id::BIGINT, target, $scenario::BIGINT FROM moved_targets;
