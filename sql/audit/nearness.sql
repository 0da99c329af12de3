-- The distance of a needed number from the observed one, for ordering: unlike the shown distance it is not rounded. Null if
-- one of the two is no number.
-- makes: macro nearness()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO nearness(there, needed) AS
    CASE WHEN TRY_CAST(needed AS DOUBLE) < TRY_CAST(there AS DOUBLE) THEN -1 ELSE 1 END * TRY_CAST(needed AS DOUBLE);
