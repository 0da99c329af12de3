-- makes: rows
-- reads: whatif_flips
FROM whatif_flips ORDER BY commit_id, target, symbol NULLS FIRST;
