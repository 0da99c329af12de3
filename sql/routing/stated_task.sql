-- The task that a task type names, in the usual spellings and any letter case: binary, MULTICLASS_CLASSIFICATION,
-- Regressor. Null where it names none, or both.
-- example: stated_task('BINARY_CLASSIFICATION') → "classification"
-- makes: macro stated_task()
-- reads: plain_word()
CREATE OR REPLACE TEMP MACRO stated_task(task_type) AS
    CASE
        WHEN regexp_matches(plain_word(task_type), 'classif|^(binary|multiclass|multilabel|binomial|multinomial|clf$)')
            THEN CASE WHEN NOT contains(plain_word(task_type), 'regress') THEN 'classification' END
        -- because logistic regression tells classes apart
        WHEN regexp_matches(plain_word(task_type), 'regress|^(reg|quantile|continuous)$')
            THEN CASE WHEN NOT contains(plain_word(task_type), 'logistic') THEN 'regression' END
    END;
