-- The endpoint and credentials of the object storage, which DuckDB keeps redacted.
-- changes: the session
-- reads: variable s3
CREATE OR REPLACE TEMPORARY SECRET planstore_objects (
    TYPE s3,
    KEY_ID getvariable('s3').key_id,
    SECRET getvariable('s3').secret,
    SESSION_TOKEN getvariable('s3').token,
    REGION getvariable('s3').region,
    ENDPOINT getvariable('s3').endpoint,
    URL_STYLE getvariable('s3').url_style,
    USE_SSL getvariable('s3').use_ssl,
    SCOPE getvariable('s3').scope
);
