-- The plan of the newest run, up to a commit.
-- makes: rows
-- reads: lake.runs, $as_of
SELECT plan_id FROM lake.runs WHERE commit_id <= coalesce($as_of, 9223372036854775807) ORDER BY commit_id DESC LIMIT 1;
