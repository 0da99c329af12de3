-- Whether names can be matched with a pattern of the policy's families; an error says why not.
SELECT regexp_full_match('', pattern_regex($pattern));
