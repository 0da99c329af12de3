-- The decisions of a run as they stand in routing_plan.json, one target after the other.
WITH placed AS (
    SELECT *, symbol IS NULL AS opens,
           "position" = min("position") OVER () AS is_first,
           lag(symbol IS NULL) OVER (ORDER BY "position") AS follows_target,
           coalesce(lead(symbol IS NULL) OVER (ORDER BY "position"), true) AS is_last
    FROM lake.decisions
    WHERE commit_id = $commit_id
)
SELECT CASE
    WHEN opens THEN concat(
        CASE WHEN is_first THEN '' ELSE ',' || chr(10) END,
        '    ', json_text(target), ': {', chr(10),
        '      "cross_sectional": {', chr(10),
        '        "state": "', coalesce(cs_stability, 'DISALLOWED'), '",', chr(10),
        '        "route": "', route, '",', chr(10),
        '        "reason": ', json_text(reasons[1]), chr(10),
        '      },', chr(10),
        '      "symbols": {', CASE WHEN is_last THEN concat('}', chr(10), '    }') ELSE '' END)
    ELSE concat(
        CASE WHEN follows_target THEN chr(10) ELSE ',' || chr(10) END,
        '        ', json_text(symbol), ': {', chr(10),
        '          "route": "', route, '",', chr(10),
        '          "cs_state": "', cs_state, '",', chr(10),
        '          "local_state": "', local_state, '",', chr(10),
        '          "reason": [', chr(10), '            ',
        array_to_string(list_transform(reasons, lambda reason: json_text(reason)), ',' || chr(10) || '            '),
        chr(10), '          ]', chr(10),
        '        }', CASE WHEN is_last THEN concat(chr(10), '      }', chr(10), '    }') ELSE '' END)
END AS text
FROM placed
ORDER BY "position";
