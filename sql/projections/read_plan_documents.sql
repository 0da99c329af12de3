-- All documents of all plans, in an order of their own.
-- makes: rows
-- reads: lake.plan_documents
FROM lake.plan_documents ORDER BY plan_id, "view", "key";
