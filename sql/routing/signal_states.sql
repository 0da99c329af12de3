-- How good each side is, and the check that decided it: the first that matches, in this order.
CREATE OR REPLACE TEMP TABLE signal_states AS
WITH decided AS (
    SELECT *,
        CASE
            WHEN sample_size < min_sample_size                    THEN 'SAMPLE_SIZE'
            WHEN leaks                                            THEN 'LEAKAGE'
            WHEN model_failed                                     THEN 'MODEL_FAILED'
            WHEN unsafe_features                                  THEN 'UNSAFE_FEATURES'
            WHEN too_few_families                                 THEN 'TOO_FEW_FAMILIES'
            WHEN score IS NULL                                    THEN 'NO_SCORE'
            WHEN no_null                                          THEN 'NO_NULL'
            WHEN within_null                                      THEN 'NULL_MARGIN'
            WHEN score >= strong_score AND stability_allowed      THEN 'STRONG_SCORE'
            WHEN score >= min_score AND stability_allowed         THEN 'MIN_SCORE'
            WHEN experimental                                     THEN 'EXPERIMENTAL_LANE'
            WHEN stability_allowed                                THEN 'SCORE'
            ELSE 'STABILITY'
        END AS decided_by
    FROM decided_sides
)
SELECT "position", side, target, symbol, task, score, sample_size, stability, decided_by,
       CASE decided_by
           WHEN 'STRONG_SCORE'      THEN 'STRONG'
           WHEN 'MIN_SCORE'         THEN 'WEAK_BUT_OK'
           WHEN 'EXPERIMENTAL_LANE' THEN 'EXPERIMENTAL'
           ELSE 'DISALLOWED'
       END AS state,
       scenario
FROM decided;
