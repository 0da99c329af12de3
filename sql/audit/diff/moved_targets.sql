-- The targets for which two policies, 0 and 1, have other thresholds on any of their sides and tasks.
-- makes: table moved_targets
-- reads: side_evidence, target_sides
CREATE OR REPLACE TEMP TABLE moved_targets AS
SELECT DISTINCT target
FROM (
    SELECT t.* EXCLUDE (scenario), count(*) AS policies
    FROM target_sides AS t
    SEMI JOIN side_evidence AS e
        ON e.scenario = t.scenario AND e.target = t.target AND e.side = t.side AND e.task = t.task
    GROUP BY ALL
)
WHERE policies = 1;
