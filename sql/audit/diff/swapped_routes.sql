-- The route of each flip in two counterfactuals: the later run without a substituted input, the earlier one with it alone.
-- makes: table swapped_routes
-- reads: nothing
CREATE OR REPLACE TEMP TABLE swapped_routes (cause VARCHAR, direction VARCHAR, target VARCHAR, symbol VARCHAR, route VARCHAR);
