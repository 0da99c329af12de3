-- The fits of a plan without its budget, one for each family of a job, in the order in which a budget keeps them: the first
-- family of each job, then the further families, both in plan order. A cross-sectional job that others combine their models
-- with stands before the first of these. Costs are milliseconds; a family that was not timed has the mean of those of its
-- kind of jobs, else of all.
-- makes: table ranked_fits
-- reads: fit_times, planned_jobs
CREATE OR REPLACE TEMP TABLE ranked_fits AS
WITH combining AS (
    SELECT target, min(ordinal) AS first FROM planned_jobs WHERE metadata.needs_cs_ensemble GROUP BY target
),
pooled AS (
    SELECT target, min(ordinal) AS ordinal FROM planned_jobs WHERE training_type = 'cross_sectional' GROUP BY target
),
needed AS (
    SELECT p.ordinal, c.first FROM pooled AS p JOIN combining AS c USING (target)
),
fits AS (
    SELECT j.ordinal, least(j.ordinal, coalesce(n.first, j.ordinal)) AS place, j.training_type,
           generate_subscripts(j.model_families, 1) AS family_place, unnest(j.model_families) AS family
    FROM planned_jobs AS j
    LEFT JOIN needed AS n USING (ordinal)
),
kinds AS (
    SELECT training_type, round(avg(milliseconds))::BIGINT AS milliseconds FROM fit_times GROUP BY training_type
)
SELECT f.ordinal, f.family_place,
       row_number() OVER (ORDER BY f.family_place > 1, f.place, f.ordinal = f.place, f.family_place) AS rank,
       coalesce(t.milliseconds, k.milliseconds, (SELECT round(avg(milliseconds))::BIGINT FROM fit_times)) AS milliseconds
FROM fits AS f
LEFT JOIN fit_times AS t ON t.training_type = f.training_type AND t.family = f.family
LEFT JOIN kinds AS k ON k.training_type = f.training_type;
