-- The decisions of a plan that is not recorded yet, where the checks of plans look for them.
-- makes: view checked_decisions
-- reads: decisions
CREATE OR REPLACE TEMP VIEW checked_decisions AS SELECT 0::BIGINT AS commit_id, target, symbol, route FROM decisions;
