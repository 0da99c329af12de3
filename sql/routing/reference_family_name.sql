-- The name the recorded reference gave a family: an underscore before every capital, then a few aliases.
CREATE OR REPLACE TEMP MACRO reference_family_name(name) AS
    CASE trim(regexp_replace(lower(regexp_replace(trim(name), '([A-Z])', '_\1', 'g')), '[_ -]+', '_', 'g'), '_')
        WHEN 'light_g_b_m' THEN 'lightgbm'
        WHEN 'lgbm'        THEN 'lightgbm'
        WHEN 'gbm'         THEN 'lightgbm'
        WHEN 'x_g_boost'   THEN 'xgboost'
        WHEN 'xgb'         THEN 'xgboost'
        WHEN 'm_l_p'       THEN 'mlp'
        WHEN 'nn'          THEN 'neural_network'
        WHEN 'l_s_t_m'     THEN 'lstm'
        WHEN 'c_n_n'       THEN 'cnn1d'
        WHEN 'n_g_boost'   THEN 'ngboost'
        ELSE trim(regexp_replace(lower(regexp_replace(trim(name), '([A-Z])', '_\1', 'g')), '[_ -]+', '_', 'g'), '_')
    END;
