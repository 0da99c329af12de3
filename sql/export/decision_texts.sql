-- The texts of a run's decisions in routing_plan.json: the beginning of each target, then its symbols, each with the comma
-- before it. The end of a target is not included.
-- makes: rows
-- reads: lake.decisions, json_text(), $commit_id
SELECT
    symbol IS NULL AS opens,
    CASE
        WHEN symbol IS NULL THEN format(
            '    {}: {{
      "cross_sectional": {{
        "state": "{}",
        "route": "{}",
        "reason": {}
      }},
      "symbols": {{',
            json_text(target), coalesce(cs_stability, 'DISALLOWED'), route, json_text(reasons[1]))
        ELSE format(
            ',
        {}: {{
          "route": "{}",
          "cs_state": "{}",
          "local_state": "{}",
          "reason": [
            {},
            {},
            {}
          ]
        }}',
            json_text(symbol), route, cs_state, local_state, json_text(reasons[1]), json_text(reasons[2]), json_text(reasons[3]))
    END AS text
FROM lake.decisions
WHERE commit_id = $commit_id
ORDER BY "position";
