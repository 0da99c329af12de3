-- What each side asks for, whatever the task: its minimum sample size and the stabilities it allows.
-- example: scenarios: {document: {min_sample_size: {symbol: 1000}, stability_allowlist: {symbol: [STABLE, UNKNOWN]}}}
-- example: → {side: symbol, min_sample_size: 1000, allowed_stabilities: [STABLE, UNKNOWN]}
-- makes: table policy_sides
-- reads: scenarios
CREATE OR REPLACE TEMP TABLE policy_sides AS
SELECT
    side,
    (document->'$.min_sample_size'->>side)::BIGINT          AS min_sample_size,
    (document->'$.stability_allowlist'->side)::VARCHAR[]    AS allowed_stabilities,
    scenario
FROM scenarios, (VALUES ('cross_sectional'), ('symbol')) AS sides(side);
