-- The plain word of the metric that a score is by; where evidence names none, AUC for classes, else R².
-- example: metric_word(NULL, 'classification') → "auc"
-- makes: macro metric_word()
-- reads: plain_word()
CREATE OR REPLACE TEMP MACRO metric_word(metric_name, task) AS
    coalesce(nullif(plain_word(metric_name), ''), CASE task WHEN 'classification' THEN 'auc' WHEN 'regression' THEN 'r2' END);
