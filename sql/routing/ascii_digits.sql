-- A text with every decimal digit of Unicode as the one of ASCII that has its value. The numbers are the code points of the
-- zeros; the other nine of each kind follow. Most texts have none, and are not looked through.
-- example: ascii_digits('١٥') → "15"
-- makes: macro ascii_digits()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO ascii_digits(name) AS
    CASE WHEN NOT regexp_matches(name, '[^\x00-\x7f]') THEN name ELSE translate(
        name,
        array_to_string(list_transform(flatten(list_transform([
            1632, 1776, 1984, 2406, 2534, 2662, 2790, 2918, 3046, 3174, 3302, 3430, 3558, 3664, 3792, 3872,
            4160, 4240, 6112, 6160, 6470, 6608, 6784, 6800, 6992, 7088, 7232, 7248, 42528, 43216, 43264,
            43472, 43504, 43600, 44016, 65296, 66720, 68912, 69734, 69872, 69942, 70096, 70384, 70736, 70864,
            71248, 71360, 71472, 71904, 72016, 72784, 73040, 73120, 73552, 92768, 92864, 93008, 120782,
            120792, 120802, 120812, 120822, 123200, 123632, 124144, 125264, 130032
        ], lambda zero: range(zero, zero + 10))), lambda digit: chr(digit::INTEGER)), ''),
        repeat('0123456789', 67)
    ) END;
