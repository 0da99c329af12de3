-- A shell's pattern (* ? [abc] [!abc]) as a regular expression: unlike GLOB, ? is one character and not one byte.
-- makes: macro pattern_regex()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO pattern_regex(pattern) AS
    array_to_string(list_transform(regexp_extract_all(pattern, '\[!?\]?[^\]]*\]|(?s:.)'), lambda part:
        CASE
            WHEN part = '*'   THEN '(?s:.*)'
            WHEN part = '?'   THEN '(?s:.)'
            WHEN length(part) = 1 THEN regexp_escape(part)
            WHEN starts_with(part, '[!')
                THEN concat('[^', regexp_replace(part[3:-2], '([\\\[\]^])', '\\\1', 'g'), ']')
            ELSE concat('[', regexp_replace(part[2:-2], '([\\\[\]^])', '\\\1', 'g'), ']')
        END), '');
