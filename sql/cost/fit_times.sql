-- The mean milliseconds of a fit, for each family and kind of job, of those that were timed before a commit.
-- makes: rows
-- reads: timed_fits, $before_commit
SELECT training_type, family, round(avg(seconds) * 1000)::BIGINT AS milliseconds
FROM timed_fits
WHERE commit_id < $before_commit
GROUP BY training_type, family
ORDER BY training_type, family;
