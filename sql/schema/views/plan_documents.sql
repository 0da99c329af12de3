-- One row is a document of a plan: its jobs by target, symbol, type or route.
-- lake.plan_documents.*
-- makes: view plan_documents
-- reads: lake.plan_documents, plans
CREATE OR REPLACE VIEW plan_documents AS
SELECT d.*
FROM lake.plan_documents AS d SEMI JOIN plans AS p ON p.plan_id = d.plan_id;
