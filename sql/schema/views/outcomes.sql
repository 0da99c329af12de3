-- One row is an outcome: the score that came true of what a run's evidence promised, on rows that came after.
-- lake.outcomes.*
-- makes: view outcomes
-- reads: lake.outcomes, as_of()
CREATE OR REPLACE VIEW outcomes AS FROM lake.outcomes WHERE commit_id <= as_of();
