-- The text of a run's settings, in a form that casts back to the struct exactly; null where it has none.
-- Format 2 stored SQL literals there: quotes doubled, backslashes bare, a NUL as chr(0) inside CONCAT. The readable form
-- begins with a brace and a blank, and quotes the list as a whole, because the cast unescapes nested texts twice.
-- makes: macro readable_settings()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO readable_settings(stored) AS
    CASE WHEN starts_with(stored, '{ ') THEN stored ELSE list_transform(
        [regexp_extract(
            stored,
            '^\{''metrics_snapshot'': (NULL|(?:CONCAT\()?''(?:[^'']|'''')*''(?:, chr\(0\), ''(?:[^'']|'''')*'')*\)?), '
            || '''model_families'': (.*), ''include_blocked'': (true|false|NULL)\}$',
            ['snapshot', 'families', 'blocked'], 's')],
        lambda part:
            CASE WHEN part.families = 'NULL' OR TRY_CAST(nullif(part.families, '') AS VARCHAR[]) IS NOT NULL THEN
                '{ ''metrics_snapshot'': ' || CASE WHEN part.snapshot = 'NULL' THEN 'NULL' ELSE
                    '''' || replace(replace(array_to_string(list_transform(
                        regexp_extract_all(part.snapshot, '''(?:[^'']|'''')*'''),
                        lambda literal: replace(literal[2:-2], '''''', '''')), chr(0)), '\', '\\'), '''', '\''') || '''' END
                || ', ''model_families'': ' || CASE WHEN part.families = 'NULL' THEN 'NULL' ELSE
                    '''' || replace(replace(part.families, '\', '\\'), '''', '\''') || '''' END
                || ', ''include_blocked'': ' || part.blocked || '}' END
    )[1] END;
