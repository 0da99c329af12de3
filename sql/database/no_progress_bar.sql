-- Long statements print no progress bar, which DuckDB would write among the output of a prompt or of `python -c`.
-- changes: the session
-- reads: nothing
SET enable_progress_bar = false;
