-- Documents that differ from those derived from the jobs, and missing documents.
-- makes: rows
-- reads: lake.plan_documents, derived_plan_documents()
SELECT plan_id, "view", "key", 'is not what the jobs of its plan say' AS problem
FROM (FROM lake.plan_documents EXCEPT ALL FROM derived_plan_documents(0, 9223372036854775807))
UNION ALL
SELECT plan_id, "view", "key", 'is missing'
FROM (FROM derived_plan_documents(0, 9223372036854775807) EXCEPT ALL FROM lake.plan_documents);
