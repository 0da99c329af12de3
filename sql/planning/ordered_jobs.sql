-- The jobs of a plan, most urgent first, then in the order of their decisions.
-- makes: view ordered_jobs
-- reads: job_families, job_id_suffixes, planned
CREATE OR REPLACE TEMP VIEW ordered_jobs AS
SELECT * EXCLUDE ("position", family_position)
FROM (
    SELECT
        p."position", p.family_position,
        p.job_id || coalesce(r.suffix, '') AS job_id,
        p.target, p.symbol, p.route, p.training_type,
        coalesce(f.families, p.model_families) AS model_families,
        p.priority, p.reason, p.metadata, NULL::BIGINT AS estimated_samples
    FROM planned AS p
    LEFT JOIN job_id_suffixes AS r USING ("position", family_position)
    LEFT JOIN job_families AS f ON f."position" = p."position" AND p.metadata.dev_mode_fallback IS NULL
    ORDER BY p.priority DESC, p."position", p.family_position
);
