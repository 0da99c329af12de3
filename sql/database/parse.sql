-- The syntax tree of a query as JSON.
-- makes: rows
-- reads: $query
SELECT json_serialize_sql($query);
