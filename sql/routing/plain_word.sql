-- A word without what spellings differ in: capitals, and whatever is no letter or digit.
CREATE OR REPLACE TEMP MACRO plain_word(word) AS
    regexp_replace(lower(replace(word, '²', '2')), '[^\pL\pN]+', '', 'g');
