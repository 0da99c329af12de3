-- Commits in which positions are not 1, 2, 3, … over all their tables together.
-- makes: rows
-- reads: stretches
WITH wrong AS (
    SELECT DISTINCT commit_id
    FROM (
        SELECT commit_id, "first", sum("rows") OVER (PARTITION BY commit_id ORDER BY "first", "rows") - "rows" AS "before"
        FROM stretches
    )
    WHERE "first" <> "before" + 1
)
SELECT commit_id, concat('its ', count(*), ' events have ', count(DISTINCT "position"), ' positions from ', min("position"),
                         ' to ', max("position")) AS problem
FROM (
    SELECT commit_id, unnest(range("first", "first" + "rows")) AS "position"
    FROM stretches SEMI JOIN wrong USING (commit_id)
)
GROUP BY commit_id
ORDER BY commit_id;
