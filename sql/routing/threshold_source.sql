-- Where a policy says a threshold, with the tier it was chosen by where there is a choice.
-- example: threshold_source('{"min_score": {"regression": {"default": 0.1}}}', 'min_score', 'regression', 'default', NULL)
-- example: → "min_score.regression.default; no horizon in the target's name, so tier default"
-- makes: macro threshold_source()
-- reads: threshold_key()
CREATE OR REPLACE TEMP MACRO threshold_source(document, "key", task, tier, minutes) AS
    concat(
        threshold_key(document, "key", task, tier),
        CASE
            WHEN coalesce(json_type(document, concat('$.', "key", '.', task)), '') <> 'OBJECT' THEN ''
            WHEN minutes IS NULL THEN '; no horizon in the target''s name, so tier default'
            ELSE format('; horizon tier {}: {:g} minutes, read from the target''s name', tier, minutes)
        END
    );
