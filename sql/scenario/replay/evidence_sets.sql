-- The candidates of a replay, those of each run as a set. The types are those of all columns, as from_json spells them.
-- makes: table evidence_sets
-- reads: $rows, $types
CREATE OR REPLACE TEMP TABLE evidence_sets AS SELECT unnest(from_json_strict($rows::JSON, $types), max_depth := 2);
