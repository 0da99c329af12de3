-- How many distinct measurements of a pair, and of its target's cross-sectional side, the runs up to a commit have recorded;
-- of a target (symbol null) the latter alone. The same evidence in several runs is one trial.
-- makes: rows
-- reads: candidates, $commit_id, $symbol, $target
SELECT mode, count(DISTINCT (score, null_score, p_value, sample_size)) AS trials
FROM candidates
WHERE target = $target AND commit_id <= $commit_id AND score IS NOT NULL
  AND (mode = 'CROSS_SECTIONAL' OR (mode = 'SYMBOL_SPECIFIC' AND symbol = $symbol))
GROUP BY mode
ORDER BY mode;
