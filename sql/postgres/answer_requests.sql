-- Answer requests, each with its own answer.
-- changes: planstore_requests
-- reads: $1, $2
UPDATE planstore_requests AS r SET answer = a.answer
FROM unnest($1::uuid[], $2::text[]) AS a (id, answer)
WHERE r.id = a.id
RETURNING r.id::text, r.answer;
