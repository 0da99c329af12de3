-- The families a run trains with, normalised, each once, in the order they were asked for;
-- lightgbm and xgboost where nobody asked. The reference drops names that are feature selectors there.
CREATE OR REPLACE TEMP TABLE model_families AS
WITH requested AS (
    SELECT generate_subscripts(names, 1) AS ordinal, unnest(names) AS name, scenario
    FROM (SELECT coalesce(model_families, ['lightgbm', 'xgboost']) AS names, scenario FROM scenarios)
),
named AS (
    SELECT ordinal, strict, CASE WHEN strict THEN family_name(name) ELSE reference_family_name(name) END AS family, scenario
    FROM requested JOIN policy_settings USING (scenario)
)
SELECT min(ordinal) AS ordinal, family, scenario
FROM named
WHERE family <> ''
  AND (strict OR family NOT IN ('random_forest', 'catboost', 'lasso', 'mutual_information', 'univariate_selection',
                                'elastic_net', 'ridge', 'lasso_cv'))
GROUP BY scenario, family
ORDER BY ordinal;
