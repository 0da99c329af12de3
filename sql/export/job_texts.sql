-- Each job of a plan as it stands in every file that lists it, with the comma and line end that part it from the next.
SELECT concat(
    '    {', chr(10),
    '      "job_id": ', json_text(job_id), ',', chr(10),
    '      "target": ', json_text(target), ',', chr(10),
    '      "symbol": ', json_text(symbol), ',', chr(10),
    '      "route": "', route, '",', chr(10),
    '      "training_type": "', training_type, '",', chr(10),
    '      "model_families": ', CASE WHEN len(model_families) = 0 THEN '[]' ELSE concat(
        '[', chr(10), '        ',
        array_to_string(list_transform(model_families, lambda family: json_text(family)), ',' || chr(10) || '        '),
        chr(10), '      ]') END, ',', chr(10),
    '      "priority": ', priority, ',', chr(10),
    '      "estimated_samples": ', coalesce(estimated_samples::VARCHAR, 'null'), ',', chr(10),
    '      "reason": ', json_text(reason), ',', chr(10),
    '      "metadata": {', chr(10),
    CASE
        WHEN metadata.dev_mode_fallback THEN concat(
            '        "dev_mode_fallback": true,', chr(10),
            '        "cs_state": "', metadata.cs_state, '"', chr(10))
        WHEN training_type = 'cross_sectional' THEN concat(
            '        "cs_state": "', metadata.cs_state, '",', chr(10),
            '        "sample_size": null', chr(10))
        WHEN training_type = 'blocked' THEN concat(
            '        "cs_state": "', metadata.cs_state, '",', chr(10),
            '        "local_state": "', metadata.local_state, '"', chr(10))
        ELSE concat(
            '        "cs_state": "', metadata.cs_state, '",', chr(10),
            '        "local_state": "', metadata.local_state, '",', chr(10),
            '        "needs_cs_ensemble": ', metadata.needs_cs_ensemble, chr(10))
    END,
    '      }', chr(10),
    '    },', chr(10)
) AS text
FROM lake.jobs
WHERE plan_id = $plan_id
ORDER BY ordinal;
