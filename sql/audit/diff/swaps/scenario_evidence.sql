-- The evidence of each counterfactual: that of a commit, for the replayed targets. Positions keep their order within a
-- scenario and are unique over all.
-- makes: view scenario_evidence
-- reads: swapped_evidence, swapped_targets
CREATE OR REPLACE TEMP VIEW scenario_evidence AS
SELECT s.scenario * 4294967296 + e."position" AS "position", e.* EXCLUDE (commit_id, "position"), s.scenario
FROM swapped_evidence AS e
JOIN swapped_targets AS s ON s.commit_id = e.commit_id AND s.target = e.target;
