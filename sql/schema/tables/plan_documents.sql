-- One row is a document of a plan: the ordinals of its jobs in plan order. A projection: dropped and made again at will.
CREATE TABLE lake.plan_documents (
    plan_id VARCHAR,
    "view"  VARCHAR,
    "key"   VARCHAR,
    jobs    INTEGER[]
);
