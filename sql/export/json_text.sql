-- A text as JSON in plain ASCII, as older files have it: other characters as \uXXXX, above U+FFFF as two of them.
-- makes: macro json_text()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO json_text(value) AS
    CASE
        WHEN value IS NULL THEN 'null'
        WHEN strlen(value) = length(value) THEN to_json(value)::VARCHAR
        WHEN NOT regexp_matches(value, '[^\x00-\x7F→]') THEN replace(to_json(value)::VARCHAR, '→', '\u2192')
        ELSE array_to_string(list_transform(regexp_extract_all(to_json(value)::VARCHAR, '(?s).'), lambda sign:
            CASE
                WHEN unicode(sign) < 128   THEN sign
                WHEN unicode(sign) < 65536 THEN printf('\u%04x', unicode(sign))
                ELSE printf('\u%04x\u%04x', 55296 + ((unicode(sign) - 65536) >> 10), 56320 + ((unicode(sign) - 65536) & 1023))
            END), '')
    END;
