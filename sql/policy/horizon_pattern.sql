-- Whether the database takes a horizon pattern; an error has the reason.
-- makes: rows
-- reads: unicode_pattern(), $regex
SELECT regexp_extract('', unicode_pattern($regex), 1, 'i');
