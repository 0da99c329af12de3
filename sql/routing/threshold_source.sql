-- Where a policy says a threshold, with the tier it was chosen by where there is a choice.
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
