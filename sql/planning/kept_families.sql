-- How many families of each job the budget keeps, its first ones; 0: the job is left out. Fits are kept in the order of their
-- ranks until one exceeds the budget, so that a larger budget keeps all that a smaller one keeps.
-- makes: table kept_families
-- reads: ranked_fits, $fits, $hours
CREATE OR REPLACE TEMP TABLE kept_families AS
WITH costs AS (
    SELECT ordinal, rank, sum(milliseconds) OVER (ORDER BY rank ROWS UNBOUNDED PRECEDING) AS milliseconds FROM ranked_fits
)
SELECT ordinal,
       count(*) FILTER (coalesce(rank <= $fits, true) AND coalesce(milliseconds <= $hours::DOUBLE * 3600000, true)) AS families
FROM costs
GROUP BY ordinal;
