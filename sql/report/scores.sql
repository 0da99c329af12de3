-- The scores of both sides with the resulting signal state.
-- makes: rows
-- reads: side_checks, signal_states
SELECT e.side, e.task, s.state, e.score
FROM side_checks AS e
JOIN signal_states AS s USING ("position")
ORDER BY e."position";
