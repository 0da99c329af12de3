-- Whether the database takes a horizon pattern; an error says why not.
-- makes: rows
-- reads: unicode_pattern(), $regex
SELECT regexp_extract('', unicode_pattern($regex), 1, 'i');
