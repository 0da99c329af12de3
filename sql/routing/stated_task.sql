-- The task that a task type names, in the usual spellings and any letter case: binary, MULTICLASS_CLASSIFICATION,
-- Regressor. Null where it names none, or both.
-- example: stated_task('BINARY_CLASSIFICATION') → "classification"
-- makes: macro stated_task()
-- reads: plain_task(), plain_word()
CREATE OR REPLACE TEMP MACRO stated_task(task_type) AS plain_task(plain_word(task_type));
