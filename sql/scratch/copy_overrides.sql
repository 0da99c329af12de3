-- Recorded overrides, as they are, into the lake in memory.
-- appends to: lake.overrides
-- reads: copied_overrides
INSERT INTO lake.overrides BY NAME FROM copied_overrides;
