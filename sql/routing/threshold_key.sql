-- Where a policy says a threshold: by its key alone, by task, or by task and horizon tier.
-- example: threshold_key('{"sides": {"min_score": {"regression": {"short": 0.2}}}}', 'sides.min_score', 'regression', 'short')
-- example: → "sides.min_score.regression.short"
-- makes: macro threshold_key()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO threshold_key(document, "key", task, tier) AS
    CASE
        WHEN json_type(document, '$.' || "key") <> 'OBJECT' THEN "key"
        WHEN json_type(document, concat('$.', "key", '.', task)) <> 'OBJECT' THEN concat("key", '.', task)
        WHEN document->>concat('$.', "key", '.', task, '.', tier) IS NULL THEN concat("key", '.', task, '.default')
        ELSE concat("key", '.', task, '.', tier)
    END;
