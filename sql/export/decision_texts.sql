-- The decisions of a run as they stand in routing_plan.json, one target after the other. Each text begins with what
-- closes the one before it; `opens` says whether a text opens a target, whose symbols follow. $in_order: the rows are
-- stored in order, and so need no sorting.
SELECT CASE
    WHEN opens THEN concat(
        CASE after_target WHEN true THEN E'}\n    },\n' WHEN false THEN E'\n      }\n    },\n' ELSE '' END,
        '    ', json_text(target),
        E': {\n      "cross_sectional": {\n        "state": "', coalesce(cs_stability, 'DISALLOWED'),
        E'",\n        "route": "', route,
        E'",\n        "reason": ', json_text(reasons[1]),
        E'\n      },\n      "symbols": {')
    ELSE concat(
        CASE WHEN after_target THEN E'\n        ' ELSE E',\n        ' END,
        json_text(symbol),
        E': {\n          "route": "', route,
        E'",\n          "cs_state": "', cs_state,
        E'",\n          "local_state": "', local_state,
        E'",\n          "reason": [\n            ', json_text(reasons[1]),
        E',\n            ', json_text(reasons[2]),
        E',\n            ', json_text(reasons[3]),
        E'\n          ]\n        }')
END AS text, opens
FROM (
    SELECT *, symbol IS NULL AS opens, lag(symbol IS NULL) OVER () AS after_target
    FROM (
        FROM lake.decisions WHERE $in_order AND commit_id = $commit_id
        UNION ALL
        FROM (FROM lake.decisions WHERE NOT $in_order AND commit_id = $commit_id ORDER BY "position")
    )
);
