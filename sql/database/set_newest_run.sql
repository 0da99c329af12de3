-- The commit of the newest run that this session shows, as it is now: later commits only make it a less good place to
-- divide the history.
-- makes: variable newest_run
-- reads: commits
SET VARIABLE newest_run = (SELECT max(commit_id) FROM commits WHERE kind = 'run');
