-- One row is a run: one pass from candidates over decisions to a plan.
-- lake.runs.*
-- makes: view runs
-- reads: lake.runs, as_of()
CREATE OR REPLACE VIEW runs AS FROM lake.runs WHERE commit_id <= as_of();
