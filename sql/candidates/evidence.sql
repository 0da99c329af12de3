-- Checked candidates, numbered. Strict evidence has an order of its own, so that the order of rows in a file
-- means nothing; the reference takes rows as they came.
CREATE OR REPLACE TEMP TABLE evidence AS
SELECT
    row_number() OVER (
        ORDER BY CASE WHEN $strict THEN target END, CASE WHEN $strict THEN symbol END NULLS FIRST, "row"
    ) AS "position",
    target,
    symbol,
    CASE WHEN $strict AND mode = 'SYMBOL' THEN 'SYMBOL_SPECIFIC' ELSE mode END AS mode,
    CASE WHEN NOT isnan(score) THEN score END AS score,
    CASE WHEN NOT isnan(score_ci_low) THEN score_ci_low END AS score_ci_low,
    CASE WHEN NOT isnan(score_ci_high) THEN score_ci_high END AS score_ci_high,
    stability,
    stability_metrics,
    stability_snapshots,
    sample_size,
    leakage_status,
    feature_set_id,
    failed_model_families,
    model_status,
    task_type,
    metric_name,
    evidence_as_of,
    git_commit
FROM incoming
ORDER BY "position";
