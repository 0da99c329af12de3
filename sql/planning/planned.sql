-- The jobs of a run, before their ids are made unique. When nothing is to be trained, dev mode plans
-- one cross-sectional job for each target and family instead; under the reference, where no family is left, for lightgbm
-- and xgboost.
-- makes: view planned
-- reads: decisions, model_families, policy_settings, trainable
CREATE OR REPLACE TEMP VIEW planned AS
SELECT
    CASE training_type
        WHEN 'cross_sectional' THEN 'cs_' || target
        WHEN 'blocked'         THEN 'blocked_' || target || '_' || symbol
        ELSE 'sym_' || target || '_' || symbol
    END AS job_id,
    "position", 0 AS family_position, target, symbol, route, training_type, priority, reason,
    CASE WHEN training_type = 'blocked' THEN [] ELSE (SELECT coalesce(list(family ORDER BY ordinal), []) FROM model_families) END AS model_families,
    {
        'cs_state': cs_state,
        'local_state': local_state,
        'needs_cs_ensemble': CASE WHEN training_type = 'symbol_specific' THEN route = 'ROUTE_BOTH' END,
        'dev_mode_fallback': NULL::BOOLEAN
    } AS metadata
FROM trainable
UNION ALL
SELECT
    'dev_fallback_cs_' || d.target || '_' || f.family,
    d."position", f.ordinal, d.target, NULL, 'ROUTE_CROSS_SECTIONAL', 'cross_sectional', 1,
    'Dev mode fallback: router produced 0 jobs', [f.family],
    {'cs_state': 'UNKNOWN', 'local_state': NULL, 'needs_cs_ensemble': NULL, 'dev_mode_fallback': true}
FROM policy_settings AS p, decisions AS d, (
    SELECT ordinal, family FROM model_families
    UNION ALL
    SELECT ordinal, family
    FROM (VALUES (1, 'lightgbm'), (2, 'xgboost')) AS usual(ordinal, family), policy_settings
    WHERE NOT strict AND NOT EXISTS (FROM model_families)
) AS f
WHERE d.symbol IS NULL AND p.dev_mode AND NOT EXISTS (FROM trainable);
