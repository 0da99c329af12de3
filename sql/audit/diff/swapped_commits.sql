-- The two commits whose evidence is replayed.
-- makes: variable swapped_commits
-- reads: $a, $b
SET VARIABLE swapped_commits = [$a::BIGINT, $b::BIGINT];
