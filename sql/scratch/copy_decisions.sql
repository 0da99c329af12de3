-- Recorded decisions, as they are, into the lake in memory.
-- appends to: lake.decisions
-- reads: copied_decisions
INSERT INTO lake.decisions BY NAME FROM copied_decisions;
