-- All documents of all plans, in an order of their own.
FROM lake.plan_documents ORDER BY plan_id, "view", "key";
