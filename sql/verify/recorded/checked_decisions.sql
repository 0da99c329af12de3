-- The recorded decisions of some commits, where the checks of plans look for them.
-- makes: view checked_decisions
-- reads: lake.decisions, variable checked_commits
CREATE OR REPLACE TEMP VIEW checked_decisions AS
SELECT commit_id, target, symbol, route
FROM lake.decisions
WHERE commit_id BETWEEN getvariable('checked_commits')[1] AND getvariable('checked_commits')[2];
