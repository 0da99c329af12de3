-- The texts of a run's decisions in routing_plan.json: the beginning of each target, then its symbols, each with the comma
-- before it. The end of a target is not included.
-- makes: rows
-- reads: lake.decisions, json_text(), $commit_id
SELECT
    symbol IS NULL AS opens,
    CASE
        WHEN symbol IS NULL THEN concat(
            '    ', json_text(target),
            E': {\n      "cross_sectional": {\n        "state": "', coalesce(cs_stability, 'DISALLOWED'),
            E'",\n        "route": "', route,
            E'",\n        "reason": ', json_text(reasons[1]),
            E'\n      },\n      "symbols": {')
        ELSE concat(
            E',\n        ', json_text(symbol),
            E': {\n          "route": "', route,
            E'",\n          "cs_state": "', cs_state,
            E'",\n          "local_state": "', local_state,
            E'",\n          "reason": [\n            ', json_text(reasons[1]),
            E',\n            ', json_text(reasons[2]),
            E',\n            ', json_text(reasons[3]),
            E'\n          ]\n        }')
    END AS text
FROM lake.decisions
WHERE commit_id = $commit_id
ORDER BY "position";
