-- The items of a list, each once, in the order in which they first come.
-- items: a list
-- makes: macro list_distinct_in_order()
-- reads: nothing
CREATE OR REPLACE MACRO list_distinct_in_order(items) AS
    list_filter(items, lambda item, place: list_position(items, item) = place);
