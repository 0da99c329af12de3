-- The rules that give a pair its route, and what each says. Texts as older readers know them.
CREATE OR REPLACE TEMP TABLE rule_texts AS
FROM (VALUES
    ('BOTH_DISALLOWED',          'ROUTE_BLOCKED',           'Both CS and local disallowed'),
    ('NO_EVIDENCE',              'ROUTE_BLOCKED',           'No evidence on either side'),
    ('LOCAL_ONLY',               'ROUTE_SYMBOL_SPECIFIC',   'CS disallowed, falling back to local-only'),
    ('CS_ONLY',                  'ROUTE_CROSS_SECTIONAL',   'Local disallowed, falling back to CS-only'),
    ('BOTH_STRONG',              'ROUTE_BOTH',              'Both CS and local strong → ROUTE_BOTH'),
    ('BOTH_STRONG_PREFER_CS',    'ROUTE_CROSS_SECTIONAL',   'Both strong, preferring CS'),
    ('BOTH_STRONG_PREFER_LOCAL', 'ROUTE_SYMBOL_SPECIFIC',   'Both strong, preferring local'),
    ('BOTH_ELIGIBLE',              'ROUTE_BOTH',            'Both CS and local eligible → ROUTE_BOTH'),
    ('BOTH_ELIGIBLE_PREFER_CS',    'ROUTE_CROSS_SECTIONAL', 'Both eligible, preferring CS'),
    ('BOTH_ELIGIBLE_PREFER_LOCAL', 'ROUTE_SYMBOL_SPECIFIC', 'Both eligible, preferring local'),
    ('EXPERIMENTAL_LANE',        'ROUTE_EXPERIMENTAL_ONLY', 'Experimental lane enabled'),
    ('EXPERIMENTAL_LANE_FULL',   'ROUTE_BLOCKED',           'Experimental lane full'),
    ('NO_RULE_MATCH',            'ROUTE_BLOCKED',           'NO_RULE_MATCH')
) AS rules(rule, route, text);
