-- Each side with what it was measured with, as everything that explains a decision reads it: its policy's single values,
-- the horizon of its target and its place in the lane. Made once, because planning these joins takes longer than they do.
-- example: side_checks: {position: 8, side: symbol, min_sample_size: 400}, policy_sides: {side: symbol, min_sample_size: 500}
-- example: → {position: 8, min_sample_size: 400, base_sample_size: 500}
-- makes: table explained_sides
-- reads: experimental_ranks, policy_settings, policy_sides, side_checks, targets
CREATE OR REPLACE TEMP TABLE explained_sides AS
SELECT e.*, p.* EXCLUDE (scenario), s.min_sample_size AS base_sample_size, s.allowed_stabilities, h.minutes, x.rank, x.symbols,
       CASE WHEN e.stated_stability = 'UNKNOWN' THEN e.stability_metrics END AS read_metrics
FROM side_checks AS e
JOIN policy_settings AS p USING (scenario)
JOIN policy_sides AS s USING (scenario, side)
JOIN targets AS h USING (scenario, target)
LEFT JOIN experimental_ranks AS x USING ("position");
