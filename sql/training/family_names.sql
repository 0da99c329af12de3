-- The names that plans use for families of these names.
-- makes: rows
-- reads: family_name(), $names
SELECT name, family_name(name) AS planned FROM (SELECT unnest($names::VARCHAR[]) AS name);
