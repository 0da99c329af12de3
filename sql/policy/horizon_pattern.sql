-- Whether the database takes a horizon pattern; an error says why not.
SELECT regexp_extract('', $regex, 1, 'i');
