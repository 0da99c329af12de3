-- The commit that last set or cleared an override; 0 when there is none.
SELECT coalesce(max(commit_id), 0) FROM lake.overrides;
