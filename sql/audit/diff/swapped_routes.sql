-- What each flip would have been routed with one thing swapped: the later run without it, the earlier one with it alone.
-- makes: table swapped_routes
-- reads: nothing
CREATE OR REPLACE TEMP TABLE swapped_routes (cause VARCHAR, direction VARCHAR, target VARCHAR, symbol VARCHAR, route VARCHAR);
