-- The decisions of a run as they stand in routing_plan.json, one target after the other. Each text begins with what
-- closes the one before it; `opens` says whether a text opens a target, whose symbols follow.
SELECT CASE
    WHEN opens THEN concat(
        CASE after_target
            WHEN true  THEN concat('}', chr(10), '    },', chr(10))
            WHEN false THEN concat(chr(10), '      }', chr(10), '    },', chr(10))
            ELSE ''
        END,
        '    ', json_text(target), ': {', chr(10),
        '      "cross_sectional": {', chr(10),
        '        "state": "', coalesce(cs_stability, 'DISALLOWED'), '",', chr(10),
        '        "route": "', route, '",', chr(10),
        '        "reason": ', json_text(reasons[1]), chr(10),
        '      },', chr(10),
        '      "symbols": {')
    ELSE concat(
        CASE WHEN after_target THEN chr(10) ELSE ',' || chr(10) END,
        '        ', json_text(symbol), ': {', chr(10),
        '          "route": "', route, '",', chr(10),
        '          "cs_state": "', cs_state, '",', chr(10),
        '          "local_state": "', local_state, '",', chr(10),
        '          "reason": [', chr(10),
        '            ', json_text(reasons[1]), ',', chr(10),
        '            ', json_text(reasons[2]), ',', chr(10),
        '            ', json_text(reasons[3]), chr(10),
        '          ]', chr(10),
        '        }')
END AS text, opens
FROM (
    SELECT *, symbol IS NULL AS opens, lag(symbol IS NULL) OVER () AS after_target
    FROM (FROM lake.decisions WHERE commit_id = $commit_id ORDER BY "position")
);
