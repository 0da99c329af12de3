-- The number of flips of pairs by cause.
-- makes: rows
-- reads: report_flips
SELECT cause, count(*) AS flips
FROM (SELECT unnest(causes) AS cause FROM report_flips WHERE symbol IS NOT NULL)
GROUP BY cause
ORDER BY flips DESC, cause;
