-- A score as reasons show it: three decimals, and nan where there is none.
-- example: score_text(0.12345::DOUBLE) → "0.123"
-- makes: macro score_text()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO score_text(score) AS
    CASE WHEN score IS NULL THEN 'nan' ELSE printf('%.3f', score) END;
