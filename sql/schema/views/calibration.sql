-- One row compares promises with outcomes, over the sides of a signal state, route, target and year.
-- side: `cross_sectional` or `symbol`
-- state: signal state of the sides in the run that promised
-- route: route of the pairs in that run; `ENABLED` or `DISABLED` of cross-sectional sides
-- target: the target
-- year: the year in which the outcomes begin, UTC
-- metric_name: the metric of the scores
-- outcomes: number of outcomes
-- promised: mean score of the evidence
-- realized: mean score that came true
-- realized_null: mean of their nulls
-- share_above_null: share of the outcomes that exceed their null, of those that have one
-- makes: view calibration
-- reads: promised_outcomes
CREATE OR REPLACE VIEW calibration AS
SELECT CASE WHEN symbol IS NULL THEN 'cross_sectional' ELSE 'symbol' END AS side, state, route, target, "year", metric_name,
       count(*) AS outcomes, avg(promised) AS promised, avg(realized) AS realized, avg(realized_null) AS realized_null,
       avg(is_above_null::INTEGER) AS share_above_null
FROM promised_outcomes
GROUP BY ALL;
