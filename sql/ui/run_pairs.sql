-- The pairs of a run with their routes in another run, the scores of their symbol sides, and whether they fit a filter, of which
-- null parts select all: a part of the names of targets and symbols, a route, a rule, a signal state of either side, whether the
-- route differs, a cause, and a horizon that the target's name contains between underscores.
-- makes: macro run_pairs()
-- reads: candidates, caused_flips, decisions
CREATE OR REPLACE TEMP MACRO run_pairs(of_commit, other_commit, in_target, in_symbol, of_route, of_rule, of_state, if_flipped, in_cause, of_horizon) AS TABLE
WITH symbol_side AS (
    SELECT target, symbol, arg_min(score, "position") AS score
    FROM candidates
    WHERE commit_id = of_commit AND symbol IS NOT NULL AND mode <> 'CROSS_SECTIONAL'
    GROUP BY target, symbol
),
other AS (
    SELECT target, symbol, route FROM decisions WHERE commit_id = other_commit AND symbol IS NOT NULL
)
SELECT d.target, d.symbol, d.route, d."rule", d.cs_state, d.local_state, o.route AS previous_route, s.score,
       other_commit IS NOT NULL AND d.route IS DISTINCT FROM o.route AS flipped,
       (in_target IS NULL OR contains(lower(d.target), lower(in_target)))
           AND (in_symbol IS NULL OR contains(lower(d.symbol), lower(in_symbol)))
           AND (of_route IS NULL OR d.route = of_route)
           AND (of_rule IS NULL OR d."rule" = of_rule)
           AND (of_state IS NULL OR coalesce(d.cs_state = of_state, false) OR coalesce(d.local_state = of_state, false))
           AND (if_flipped IS NULL OR (other_commit IS NOT NULL AND d.route IS DISTINCT FROM o.route) = if_flipped)
           AND (in_cause IS NULL OR c.target IS NOT NULL)
           AND (of_horizon IS NULL OR list_contains(string_split(d.target, '_'), of_horizon)) AS fits
FROM decisions AS d
LEFT JOIN other AS o ON o.target = d.target AND o.symbol = d.symbol
LEFT JOIN symbol_side AS s ON s.target = d.target AND s.symbol = d.symbol
LEFT JOIN (SELECT DISTINCT target, symbol FROM caused_flips WHERE list_contains(causes, in_cause)) AS c
    ON c.target = d.target AND c.symbol = d.symbol
WHERE d.commit_id = of_commit AND d.symbol IS NOT NULL;
