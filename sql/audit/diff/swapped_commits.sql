-- The two commits whose evidence is decided again.
SET VARIABLE swapped_commits = [$a::BIGINT, $b::BIGINT];
