-- The recorded decisions, where the checks of plans look for them.
-- makes: view checked_decisions
-- reads: lake.decisions
CREATE OR REPLACE TEMP VIEW checked_decisions AS SELECT commit_id, target, symbol, route FROM lake.decisions;
