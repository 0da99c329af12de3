-- How the reference writes the name of a family that is no alias: a short one in capitals as it is, one with an underscore
-- with every two of them made one, any other with an underscore before each capital; in lower case.
-- example: reference_family_words('TABNETX') → "t_a_b_n_e_t_x"
-- makes: macro reference_family_words()
-- reads: unicode_lower()
CREATE OR REPLACE TEMP MACRO reference_family_words(spelling) AS
    CASE
        WHEN length(spelling) <= 6 AND regexp_matches(spelling, '\p{Lu}') AND NOT regexp_matches(spelling, '[\p{Ll}\p{Lt}]')
            THEN unicode_lower(spelling)
        WHEN contains(spelling, '_')
            THEN replace(unicode_lower(spelling), '__', '_')
        ELSE unicode_lower(concat(spelling[1], regexp_replace(spelling[2:], '([A-Z])', '_\1', 'g')))
    END;
