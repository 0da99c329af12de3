-- The first and the last commit whose plans are checked.
-- makes: variable checked_commits
-- reads: $first, $last
SET VARIABLE checked_commits = [$first::BIGINT, $last::BIGINT];
