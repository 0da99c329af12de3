-- Whether names can be matched with a pattern of the policy's families; an error says why not.
-- makes: rows
-- reads: pattern_regex(), $pattern
SELECT regexp_full_match('', pattern_regex($pattern));
