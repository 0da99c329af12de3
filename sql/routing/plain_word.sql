-- A word without what spellings differ in: capitals, and whatever is no letter or digit.
-- example: plain_word('ROC-AUC') → "rocauc"
-- makes: macro plain_word()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO plain_word(word) AS
    regexp_replace(lower(replace(word, '²', '2')), '[^\pL\pN]+', '', 'g');
