-- The last commit that this session shows; the largest number there is while it shows all.
-- makes: macro as_of()
-- reads: variable as_of
CREATE OR REPLACE MACRO as_of() AS coalesce(getvariable('as_of')::BIGINT, 9223372036854775807);
