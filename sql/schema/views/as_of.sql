-- The last commit that this session shows.
CREATE OR REPLACE TEMP MACRO as_of() AS coalesce(getvariable('as_of')::BIGINT, 9223372036854775807);
