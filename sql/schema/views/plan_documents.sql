-- Documents of the plans published up to the commit that this session shows.
CREATE OR REPLACE TEMP VIEW plan_documents AS
SELECT d.*
FROM lake.plan_documents AS d SEMI JOIN plans AS p ON p.plan_id = d.plan_id;
