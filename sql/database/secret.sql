-- Where the lake is, taken from session variables, because ATTACH takes no parameters.
-- changes: the session
-- reads: variable catalog, variable data
CREATE OR REPLACE TEMPORARY SECRET planstore (
    TYPE ducklake,
    METADATA_PATH getvariable('catalog'),
    DATA_PATH getvariable('data')
);
