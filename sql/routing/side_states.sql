-- How good each side is, and the first thing, if any, that speaks against it whatever its score is.
-- example: policy_thresholds: {side: symbol, strong_score: 0.8, min_score: 0.7}, side_evidence: {side: symbol, score: 0.7}
-- example: → {side: symbol, score: 0.7, state: WEAK_BUT_OK}
-- makes: view side_states
-- reads: side_checks
CREATE OR REPLACE TEMP VIEW side_states AS
SELECT "position", side, target, symbol, score, q_value, sample_size, stability,
       CASE
           WHEN objection IS NOT NULL OR score IS NULL          THEN 'DISALLOWED'
           WHEN score >= strong_score AND stability_allowed     THEN 'STRONG'
           WHEN score >= min_score AND stability_allowed        THEN 'WEAK_BUT_OK'
           WHEN experimental                                    THEN 'EXPERIMENTAL'
           ELSE 'DISALLOWED'
       END AS state,
       objection,
       scenario
FROM (
    SELECT *, CASE
        WHEN no_task                            THEN 'no task'
        WHEN sample_size < min_sample_size      THEN 'too few rows'
        WHEN leaks                              THEN 'leakage BLOCKED'
        WHEN model_failed                       THEN 'model FAILED'
        WHEN unsafe_features                    THEN 'features not safe'
        WHEN too_few_families                   THEN 'too few families'
        WHEN no_shrunken                        THEN 'no shrunken_score'
        WHEN no_effective AND score IS NOT NULL THEN 'no effective_samples'
        WHEN few_effective AND score IS NOT NULL THEN 'too few effective samples'
        WHEN no_null AND score IS NOT NULL      THEN 'no null_score'
        WHEN within_null                        THEN 'too near its null_score'
        WHEN no_q_value AND score IS NOT NULL   THEN CASE WHEN p_value IS NULL THEN 'no p_value' ELSE 'no q-value over trials' END
        WHEN above_q_value AND score IS NOT NULL THEN 'too likely by chance'
    END AS objection
    FROM side_checks
);
