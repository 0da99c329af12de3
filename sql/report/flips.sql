-- The flips between two runs with their causes, and with the evidence of both sides before (a) and now (b).
-- makes: rows
-- reads: candidates, caused_flips, decisions, $a, $b
WITH evidence AS (
    SELECT commit_id, target, CASE WHEN mode <> 'CROSS_SECTIONAL' THEN symbol END AS symbol,
           first(score ORDER BY "position") AS score
    FROM candidates
    WHERE commit_id IN ($a, $b) AND target IN (SELECT target FROM caused_flips)
      AND (mode = 'CROSS_SECTIONAL' OR (mode = 'SYMBOL_SPECIFIC' AND symbol IS NOT NULL))
    GROUP BY ALL
),
sides AS (
    SELECT d.commit_id, d.target, d.symbol, d.cs_state, d.local_state, c.score AS cs_score, l.score AS local_score
    FROM decisions AS d
    LEFT JOIN (FROM evidence WHERE symbol IS NULL) AS c ON c.commit_id = d.commit_id AND c.target = d.target
    LEFT JOIN (FROM evidence WHERE symbol IS NOT NULL) AS l
        ON l.commit_id = d.commit_id AND l.target = d.target AND l.symbol = d.symbol
    WHERE d.commit_id IN ($a, $b) AND d.target IN (SELECT target FROM caused_flips)
)
SELECT f.target, f.symbol, f.route_a, f.route_b, f.causes,
       a.cs_state AS cs_state_a, b.cs_state AS cs_state_b, a.cs_score AS cs_score_a, b.cs_score AS cs_score_b,
       a.local_state AS local_state_a, b.local_state AS local_state_b,
       a.local_score AS local_score_a, b.local_score AS local_score_b
FROM caused_flips AS f
LEFT JOIN (FROM sides WHERE commit_id = $a) AS a ON a.target = f.target AND a.symbol IS NOT DISTINCT FROM f.symbol
LEFT JOIN (FROM sides WHERE commit_id = $b) AS b ON b.target = f.target AND b.symbol IS NOT DISTINCT FROM f.symbol
ORDER BY f.target, f.symbol NULLS FIRST;
