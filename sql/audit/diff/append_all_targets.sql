-- Where no run says what becomes of some targets under a swap, it decides all that have a flip.
-- appends to: swapped_targets
-- reads: flips, $commit_id, $scenario
INSERT INTO swapped_targets SELECT DISTINCT $commit_id::BIGINT, target, $scenario::BIGINT FROM flips;
