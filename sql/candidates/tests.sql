-- The tests of a run, and without a position those of earlier runs that it does not repeat.
-- example: evidence_tests: {position: 1, mode: SYMBOL_SPECIFIC, target: t, symbol: A, score: 0.5, p_value: 0.25}, earlier_tests: {mode: SYMBOL_SPECIFIC, target: t, symbol: A, score: 0.75, p_value: 0.125}
-- example: → [{position: 1, p_value: 0.25}, {position: null, p_value: 0.125}]
-- makes: table tests
-- reads: earlier_tests, evidence_tests
CREATE OR REPLACE TEMP TABLE tests AS
SELECT "position", evidence_set, mode, target, score, null_sd, p_value FROM evidence_tests
UNION ALL
SELECT NULL, 0, e.mode, e.target, e.score, NULL, e.p_value
FROM earlier_tests AS e
ANTI JOIN evidence_tests AS t
    ON t.mode = e.mode AND t.target = e.target AND t.symbol IS NOT DISTINCT FROM e.symbol
    AND t.score IS NOT DISTINCT FROM e.score AND t.p_value = e.p_value;
