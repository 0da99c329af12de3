-- The horizons that names of a run's targets contain as a part, such as 5d in y_up_5d, shortest first, with the number of targets.
-- makes: rows
-- reads: decisions, $commit_id
WITH parts AS (
    SELECT target, unnest(string_split(target, '_')) AS horizon FROM decisions WHERE commit_id = $commit_id AND symbol IS NULL
)
SELECT horizon, count(DISTINCT target) AS targets
FROM parts
WHERE regexp_full_match(horizon, '[0-9]{1,6}[mhd]')
GROUP BY horizon
ORDER BY horizon[:-2]::BIGINT * CASE horizon[-1] WHEN 'm' THEN 1 WHEN 'h' THEN 60 ELSE 1440 END, horizon;
