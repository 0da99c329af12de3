-- What each side asks for, whatever the task: its minimum sample size and the stabilities it allows.
-- makes: table policy_sides
-- reads: scenarios
CREATE OR REPLACE TEMP TABLE policy_sides AS
SELECT
    side,
    (document->'$.min_sample_size'->>side)::BIGINT          AS min_sample_size,
    (document->'$.stability_allowlist'->side)::VARCHAR[]    AS allowed_stabilities,
    scenario
FROM scenarios, (VALUES ('cross_sectional'), ('symbol')) AS sides(side);
