-- The families a run trains with, normalised, each once, in the order they were asked for;
-- lightgbm and xgboost where nobody asked. The reference drops names that are feature selectors there.
-- example: scenarios: {model_families: null} → [{ordinal: 1, family: lightgbm}, {ordinal: 2, family: xgboost}]
-- makes: table model_families
-- reads: policy_settings, scenarios, family_name(), reference_family_name()
CREATE OR REPLACE TEMP TABLE model_families AS
WITH requested AS (
    SELECT scenario, strict, list_transform(
        coalesce(model_families, ['lightgbm', 'xgboost']),
        lambda name: CASE WHEN strict THEN family_name(name) ELSE reference_family_name(name) END) AS families
    FROM scenarios JOIN policy_settings USING (scenario)
),
-- names are made before they are listed, because a filter on what is listed is not taken into how it is made
named AS (
    SELECT generate_subscripts(families, 1) AS ordinal, unnest(families) AS family, strict, scenario FROM requested
)
SELECT min(ordinal) AS ordinal, family, scenario
FROM named
WHERE family <> ''
  AND (strict OR family NOT IN ('random_forest', 'catboost', 'lasso', 'mutual_information', 'univariate_selection',
                                'elastic_net', 'ridge', 'lasso_cv'))
GROUP BY scenario, family
ORDER BY ordinal;
