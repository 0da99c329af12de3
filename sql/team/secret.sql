-- Where the lake of a team store is, as database/secret.sql.
-- changes: the session
-- reads: variable catalog, variable data, variable schema
CREATE OR REPLACE TEMPORARY SECRET planstore (
    TYPE ducklake,
    METADATA_PATH getvariable('catalog'),
    DATA_PATH getvariable('data'),
    METADATA_SCHEMA getvariable('schema'),
    METADATA_PARAMETERS MAP {'TYPE': 'postgres', 'SCHEMA': getvariable('schema')}
);
