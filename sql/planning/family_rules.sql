-- The policy's own rules for the families of a job: the first that matches a job names its families, each once.
-- makes: table family_rules
-- reads: scenarios, family_name()
CREATE OR REPLACE TEMP TABLE family_rules AS
SELECT
    ordinal,
    (rule->>'$.route')              AS route,
    (rule->>'$.task')               AS task,
    (rule->>'$.priority')::INTEGER  AS priority,
    (rule->>'$.target')             AS target,
    (rule->>'$.symbol')             AS symbol,
    list_filter(used, lambda family, place: list_position(used, family) = place) AS families
FROM (
    SELECT ordinal, rule, list_transform((rule->'$.use')::VARCHAR[], lambda name: family_name(name)) AS used
    FROM (
        SELECT generate_subscripts((document->'$.families')::JSON[], 1) AS ordinal,
               unnest((document->'$.families')::JSON[])                 AS rule
        FROM scenarios
    )
);
