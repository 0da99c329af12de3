-- A text in lower case as Unicode has it: İ becomes two characters, and a sigma that ends a word has a form of its own.
-- example: unicode_lower('ΣΑΣ') → "σας"
-- makes: macro unicode_lower()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO unicode_lower(name) AS
    lower(regexp_replace(replace(name, 'İ', 'i̇'), '([\p{Lu}\p{Ll}\p{Lt}]\pM*)Σ(\pM*[^\pL\pM]|\pM*$)', '\1ς\2', 'g'));
