-- Decisions to train that no job carries out.
SELECT d.target, d.symbol, d.route
FROM decisions AS d
LEFT JOIN jobs AS j ON j.target = d.target AND j.symbol IS NOT DISTINCT FROM d.symbol
WHERE d.route IN ('ENABLED', 'ROUTE_BOTH', 'ROUTE_SYMBOL_SPECIFIC', 'ROUTE_EXPERIMENTAL_ONLY')
  AND j.job_id IS NULL;
