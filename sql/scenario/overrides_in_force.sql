-- The overrides that stand for a run decided at a moment, as recorded before a commit: the newest of each pair or target
-- that was neither cleared nor has expired by then.
-- makes: macro overrides_in_force()
-- reads: lake.overrides
CREATE OR REPLACE TEMP MACRO overrides_in_force(before_commit, moment) AS TABLE
SELECT * EXCLUDE (cleared)
FROM (
    SELECT override_id, target, symbol, route, author, reason, expires_at, cleared
    FROM lake.overrides
    WHERE commit_id < before_commit
    QUALIFY row_number() OVER (PARTITION BY target, symbol ORDER BY commit_id DESC, "position" DESC) = 1
)
WHERE NOT cleared AND (expires_at IS NULL OR expires_at > moment);
