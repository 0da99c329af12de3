-- The name the recorded reference gave a family: an alias's first, then that of three spellings, then one made of its words,
-- some of which are aliases again. The list names the spelling, without white space around it, once.
-- example: reference_family_name('x-g boost') → "xgboost"
-- makes: macro reference_family_name()
-- reads: reference_family_words(), unicode_lower()
CREATE OR REPLACE TEMP MACRO reference_family_name(name) AS
    list_transform(
        [regexp_replace(regexp_replace(name, '^[\pZ\t-\r\x1c-\x1f\x{85}]+|[\pZ\t-\r\x1c-\x1f\x{85}]+$', '', 'g'), '[- ]', '_', 'g')],
        lambda spelling: coalesce(
            MAP {
                'xgb': 'xgboost', 'x_g_boost': 'xgboost',
                'lgb': 'lightgbm', 'lgbm': 'lightgbm', 'light_g_b_m': 'lightgbm',
                'n_g_boost': 'ngboost', 'm_l_p': 'mlp', 'l_s_t_m': 'lstm',
                'cnn': 'cnn1d', 'c_n_n': 'cnn1d', 'c_n_n_1d': 'cnn1d',
                'v_a_e': 'vae', 'g_a_n': 'gan'
            }[unicode_lower(spelling)],
            MAP {'XGBoost': 'xgboost', 'LightGBM': 'lightgbm', 'NGBoost': 'ngboost'}[spelling],
            MAP {'nn': 'neural_network', 'gbm': 'lightgbm'}[reference_family_words(spelling)],
            reference_family_words(spelling)
        )
    )[1];
