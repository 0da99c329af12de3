-- Whether the database takes a horizon pattern; an error says why not.
SELECT regexp_extract('', unicode_pattern($regex), 1, 'i');
