-- Jobs that no decision allows.
SELECT j.job_id, j.target, j.symbol, j.route
FROM jobs AS j
LEFT JOIN decisions AS d ON d.target = j.target AND d.symbol IS NOT DISTINCT FROM j.symbol
WHERE j.metadata.dev_mode_fallback IS NULL
  AND NOT coalesce(CASE WHEN j.symbol IS NULL THEN d.route = 'ENABLED' ELSE d.route = j.route END, false);
