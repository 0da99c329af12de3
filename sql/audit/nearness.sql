-- How near a number that is needed lies to the one that is there, for ordering: of two on one side of it, the nearer gives
-- less. Unlike a distance it is not rounded. Null where one of the two is no number.
-- makes: macro nearness()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO nearness(there, needed) AS
    CASE WHEN TRY_CAST(needed AS DOUBLE) < TRY_CAST(there AS DOUBLE) THEN -1 ELSE 1 END * TRY_CAST(needed AS DOUBLE);
