-- The jobs of a plan, and the numbers that they are recorded in the order of: most urgent first, then as their decisions.
-- They are sorted when they are materialized, because the database would copy all their texts to sort them.
-- makes: view ordered_jobs
-- reads: job_families, job_id_suffixes, planned
CREATE OR REPLACE TEMP VIEW ordered_jobs AS
SELECT
    p.job_id || coalesce(r.suffix, '') AS job_id,
    p.target, p.symbol, p.route, p.training_type,
    coalesce(f.families, p.model_families) AS model_families,
    p.priority, p.reason, p.metadata, NULL::BIGINT AS estimated_samples,
    -p.priority AS place_by_priority, p."position" AS decision_position, p.family_position
FROM planned AS p
LEFT JOIN job_id_suffixes AS r USING ("position", family_position)
LEFT JOIN job_families AS f ON f."position" = p."position" AND p.metadata.dev_mode_fallback IS NULL;
