-- Whether names can be matched with a pattern of the policy's families; an error has the reason.
-- makes: rows
-- reads: pattern_regex(), $pattern
SELECT regexp_full_match('', pattern_regex($pattern));
