-- A number as JSON; one that JSON has no word for is null.
CREATE OR REPLACE TEMP MACRO number_text(number) AS
    CASE WHEN isfinite(number) THEN number::VARCHAR ELSE 'null' END;
