-- The last commit that the views of this session show; null shows all.
SET VARIABLE as_of = $as_of;
