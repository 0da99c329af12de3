-- Only pairs that flip are decided; what others come to is known when these have their ranks.
CREATE OR REPLACE TEMP TABLE signal_states AS
FROM signal_states WHERE side = 'cross_sectional'
UNION ALL
SELECT s.* FROM signal_states AS s SEMI JOIN flips AS f ON f.target = s.target AND f.symbol = s.symbol WHERE s.side = 'symbol';
