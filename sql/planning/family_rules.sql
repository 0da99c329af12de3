-- The policy's own rules for the families of a job: the first that matches a job names its families.
CREATE OR REPLACE TEMP TABLE family_rules AS
SELECT
    ordinal,
    (rule->>'$.route')              AS route,
    (rule->>'$.task')               AS task,
    (rule->>'$.priority')::INTEGER  AS priority,
    (rule->>'$.target')             AS target,
    (rule->>'$.symbol')             AS symbol,
    list_distinct(list_transform((rule->'$.use')::VARCHAR[], lambda name: family_name(name))) AS families
FROM (
    SELECT generate_subscripts((document->'$.families')::JSON[], 1) AS ordinal,
           unnest((document->'$.families')::JSON[])                 AS rule
    FROM policy_document
);
