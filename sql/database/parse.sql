-- The syntax tree of a query as JSON.
SELECT json_serialize_sql($query);
