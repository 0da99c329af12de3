-- One row is a document of a plan: the ordinals of its jobs in plan order. A projection: dropped and made again at will.
-- makes: table lake.plan_documents
-- reads: nothing
CREATE TABLE lake.plan_documents (
    plan_id VARCHAR,   -- the plan
    "view"  VARCHAR,   -- `by_target`, `by_symbol`, `by_type` or `by_route`
    "key"   VARCHAR,   -- which target, symbol, training type or route
    jobs    INTEGER[]  -- the ordinals of its jobs, in plan order
);
