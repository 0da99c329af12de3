-- How good each side is. Which check decided it, the explanation tells.
CREATE OR REPLACE TEMP VIEW side_states AS
SELECT "position", side, target, symbol, score, sample_size, stability,
       CASE
           WHEN no_task OR sample_size < min_sample_size OR leaks OR model_failed OR unsafe_features OR too_few_families
             OR score IS NULL OR no_null OR within_null         THEN 'DISALLOWED'
           WHEN score >= strong_score AND stability_allowed     THEN 'STRONG'
           WHEN score >= min_score AND stability_allowed        THEN 'WEAK_BUT_OK'
           WHEN experimental                                    THEN 'EXPERIMENTAL'
           ELSE 'DISALLOWED'
       END AS state,
       scenario
FROM side_checks;
