-- A horizon's pattern as the database searches with it: there \d is a digit of ASCII, here any decimal digit.
-- example: unicode_pattern('(\d+)m') → "(\\p{Nd}+)m"
-- makes: macro unicode_pattern()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO unicode_pattern(regex) AS
    array_to_string(list_transform(regexp_extract_all(regex, '\\(?s:.)|[^\\]+'), lambda part:
        CASE part WHEN '\d' THEN '\p{Nd}' WHEN '\D' THEN '\P{Nd}' ELSE part END), '');
