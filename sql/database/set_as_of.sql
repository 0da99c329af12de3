-- The last commit that the views of this session show; null shows all.
-- makes: variable as_of
-- reads: $as_of
SET VARIABLE as_of = $as_of;
