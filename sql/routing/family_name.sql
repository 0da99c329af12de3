-- The name a model family goes by, whatever its spelling: snake case, and one word for each known family.
-- example: family_name('Light-GBM') → "lightgbm"
-- makes: macro family_name()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO family_name(name) AS
    CASE regexp_replace(lower(name), '[^a-z0-9]+', '', 'g')
        WHEN 'lightgbm'         THEN 'lightgbm'
        WHEN 'lgbm'             THEN 'lightgbm'
        WHEN 'lgb'              THEN 'lightgbm'
        WHEN 'gbm'              THEN 'lightgbm'
        WHEN 'xgboost'          THEN 'xgboost'
        WHEN 'xgb'              THEN 'xgboost'
        WHEN 'catboost'         THEN 'catboost'
        WHEN 'ngboost'          THEN 'ngboost'
        WHEN 'quantilelightgbm' THEN 'quantile_lightgbm'
        WHEN 'randomforest'     THEN 'random_forest'
        WHEN 'rf'               THEN 'random_forest'
        WHEN 'neuralnetwork'    THEN 'neural_network'
        WHEN 'nn'               THEN 'neural_network'
        WHEN 'cnn'              THEN 'cnn1d'
        WHEN 'cnn1d'            THEN 'cnn1d'
        WHEN 'elasticnet'       THEN 'elastic_net'
        ELSE trim(lower(regexp_replace(
            regexp_replace(name, '([a-z0-9])([A-Z])', '\1_\2', 'g'), '[^\pL\pN]+', '_', 'g')), '_')
    END;
