-- What each rule says, in the words older readers know.
-- example: rule_text('CS_ONLY') → "Local disallowed, falling back to CS-only"
-- makes: macro rule_text()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO rule_text(rule) AS
    CASE rule
        WHEN 'BOTH_DISALLOWED'            THEN 'Both CS and local disallowed'
        WHEN 'NO_EVIDENCE'                THEN 'No evidence on either side'
        WHEN 'LOCAL_ONLY'                 THEN 'CS disallowed, falling back to local-only'
        WHEN 'CS_ONLY'                    THEN 'Local disallowed, falling back to CS-only'
        WHEN 'BOTH_STRONG'                THEN 'Both CS and local strong → ROUTE_BOTH'
        WHEN 'BOTH_STRONG_PREFER_CS'      THEN 'Both strong, preferring CS'
        WHEN 'BOTH_STRONG_PREFER_LOCAL'   THEN 'Both strong, preferring local'
        WHEN 'BOTH_ELIGIBLE'              THEN 'Both CS and local eligible → ROUTE_BOTH'
        WHEN 'BOTH_ELIGIBLE_PREFER_CS'    THEN 'Both eligible, preferring CS'
        WHEN 'BOTH_ELIGIBLE_PREFER_LOCAL' THEN 'Both eligible, preferring local'
        WHEN 'EXPERIMENTAL_LANE'          THEN 'Experimental lane enabled'
        WHEN 'EXPERIMENTAL_LANE_FULL'     THEN 'Experimental lane full'
        ELSE rule
    END;
