-- Only pairs that are asked about are decided; what others come to does not matter when all have their ranks.
CREATE OR REPLACE TEMP TABLE signal_states AS
FROM signal_states WHERE side = 'cross_sectional'
UNION ALL
SELECT s.* FROM signal_states AS s SEMI JOIN asked AS a ON a.target = s.target AND a.symbol = s.symbol WHERE s.side = 'symbol';
