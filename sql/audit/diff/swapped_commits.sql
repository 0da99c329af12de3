-- The two commits whose evidence is decided again.
-- makes: variable swapped_commits
-- reads: $a, $b
SET VARIABLE swapped_commits = [$a::BIGINT, $b::BIGINT];
