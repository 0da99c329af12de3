-- Ordinals of jobs, and the jobs as older readers know them.
-- makes: rows
-- reads: jobs_for_symbol(), $symbol
SELECT ordinal, {
    'job_id': job_id, 'target': target, 'symbol': symbol, 'route': route, 'training_type': training_type,
    'model_families': model_families, 'priority': priority, 'estimated_samples': estimated_samples,
    'reason': reason, 'metadata': metadata
}::JSON AS document
FROM jobs_for_symbol($symbol);
