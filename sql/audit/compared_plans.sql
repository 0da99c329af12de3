-- The plans whose jobs this session compares.
SET VARIABLE compared_plans = {'a': $a, 'b': $b};
