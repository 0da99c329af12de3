-- The text of a candidate's stability metrics, in a form that casts back to the struct exactly; null where it has none.
-- Format 2 stored -0.0, NaN and infinities as casts from text, which no reader can evaluate.
-- makes: macro readable_stability_metrics()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO readable_stability_metrics(stored) AS
    list_filter(
        [regexp_replace(stored, 'CAST\(''([^'']*)'' AS VARCHAR\)', '\1', 'g')],
        lambda text: regexp_full_match(text, replace(
            '\{''mean_overlap'': (N), ''std_overlap'': (N), ''mean_tau'': (N), ''std_tau'': (N)\}',
            'N', 'NULL|-?nan|-?inf|-?\d+(?:\.\d+)?(?:e[-+]?\d+)?'))
    )[1];
