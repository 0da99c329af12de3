-- The jobs of a plan that are trained, each with the evidence that its decision rests on, and how urgent it is. A job
-- that combines its model with the cross-sectional one names that job, which is at least as urgent. $selected lists
-- the jobs of a call; null: all of the plan.
-- makes: table trainable_jobs
-- reads: lake.candidates, lake.jobs, $gpu_families, $plan_id, $selected
CREATE OR REPLACE TEMP TABLE trainable_jobs AS
WITH planned AS (
    SELECT *, training_type = 'cross_sectional' AS is_pooled
    FROM lake.jobs
    WHERE plan_id = $plan_id AND training_type <> 'blocked'
      AND ($selected IS NULL OR job_id IN (SELECT unnest($selected::VARCHAR[])))
),
pooled AS (
    SELECT target, arg_min(job_id, ordinal) AS job_id FROM planned WHERE is_pooled GROUP BY target
),
combining AS (
    SELECT j.job_id, p.job_id AS pooled_job_id, j.priority
    FROM planned AS j
    JOIN pooled AS p USING (target)
    WHERE j.metadata.needs_cs_ensemble
),
needed AS (
    SELECT pooled_job_id AS job_id, max(priority) AS priority FROM combining GROUP BY pooled_job_id
)
SELECT j.ordinal, j.job_id, j.target, j.symbol, j.route, j.training_type, j.model_families,
       c.pooled_job_id, coalesce(j.metadata.needs_cs_ensemble, false) AS combines,
       greatest(j.priority, coalesce(n.priority, j.priority)) AS urgency,
       list_has_any(j.model_families, $gpu_families::VARCHAR[]) AS on_gpu,
       k.score AS evidence_score, k.metric_name AS evidence_metric, k.feature_set_id
FROM planned AS j
LEFT JOIN combining AS c USING (job_id)
LEFT JOIN needed AS n USING (job_id)
LEFT JOIN (
    SELECT target, symbol, arg_min(score, "position") AS score, arg_min(metric_name, "position") AS metric_name,
           arg_min(feature_set_id, "position") AS feature_set_id
    FROM lake.candidates
    WHERE commit_id = (SELECT min(commit_id) FROM planned)
    GROUP BY target, symbol
) AS k ON k.target = j.target AND k.symbol IS NOT DISTINCT FROM j.symbol;
