-- The pair, or (symbol null) the target, whose decision a replay asks for.
-- makes: table asked
-- reads: $symbol, $target
CREATE OR REPLACE TEMP TABLE asked AS SELECT $target::VARCHAR AS target, $symbol::VARCHAR AS symbol;
