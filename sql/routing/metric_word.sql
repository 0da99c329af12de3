-- The plain word of the metric that a score is by; where evidence names none, AUC for classes, else R².
-- example: metric_word(NULL, 'classification') → "auc"
-- makes: macro metric_word()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO metric_word(word, task) AS
    coalesce(nullif(word, ''), CASE task WHEN 'classification' THEN 'auc' WHEN 'regression' THEN 'r2' END);
