-- The decisions of a run, for its report.
-- makes: rows
-- reads: lake.decisions, $commit_id
SELECT target, symbol, route, cs_state, local_state, cs_stability, reasons
FROM lake.decisions WHERE commit_id = $commit_id ORDER BY "position";
