-- Each job of a plan as it stands in every file that lists it, with the comma and line end that part it from the next.
-- makes: rows
-- reads: lake.jobs, json_text(), variable family_texts, $plan_id
SELECT format(
    '    {{
      "job_id": {},
      "target": {},
      "symbol": {},
      "route": "{}",
      "training_type": "{}",
      "model_families": {},
      "priority": {},
      "estimated_samples": {},
      "reason": {},
      "metadata": {{
        {}
      }}
    }},
',
    json_text(j.job_id), json_text(j.target), json_text(j.symbol), j.route, j.training_type,
    getvariable('family_texts')[j.model_families], j.priority, coalesce(j.estimated_samples::VARCHAR, 'null'), json_text(j.reason),
    CASE
        WHEN j.metadata.dev_mode_fallback THEN concat(
            E'"dev_mode_fallback": true,\n        "cs_state": "', j.metadata.cs_state, '"')
        WHEN j.training_type = 'cross_sectional' THEN concat(
            '"cs_state": "', j.metadata.cs_state, E'",\n        "sample_size": null')
        WHEN j.training_type = 'blocked' THEN concat(
            '"cs_state": "', j.metadata.cs_state, E'",\n        "local_state": "', j.metadata.local_state, '"')
        ELSE concat(
            '"cs_state": "', j.metadata.cs_state, E'",\n        "local_state": "', j.metadata.local_state,
            E'",\n        "needs_cs_ensemble": ', j.metadata.needs_cs_ensemble)
    END
) AS text
FROM lake.jobs AS j
WHERE plan_id = $plan_id
ORDER BY ordinal;
