-- The task that a plain word names. Null where it names none, or both.
-- example: plain_task('binaryclassification') → "classification"
-- makes: macro plain_task()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO plain_task(word) AS
    CASE
        WHEN regexp_matches(word, 'classif|^(binary|multiclass|multilabel|binomial|multinomial|clf$)')
            THEN CASE WHEN NOT contains(word, 'regress') THEN 'classification' END
        -- because logistic regression tells classes apart
        WHEN regexp_matches(word, 'regress|^(reg|quantile|continuous)$')
            THEN CASE WHEN NOT contains(word, 'logistic') THEN 'regression' END
    END;
