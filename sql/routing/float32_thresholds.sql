-- The reference compares scores of 32 bits with thresholds that are rounded to 32 bits themselves. This step stands in the
-- rules of runs over such scores alone.
-- example: policy_thresholds: {tier: short, strong_score: 0.58} → {tier: short, strong_score: 0.5799999833106995}
-- makes: table policy_thresholds
-- reads: policy_thresholds
CREATE OR REPLACE TEMP TABLE policy_thresholds AS
SELECT * REPLACE (
    coalesce(TRY_CAST(strong_score AS FLOAT), sign(strong_score) * 'inf'::FLOAT)::DOUBLE AS strong_score,
    coalesce(TRY_CAST(min_score AS FLOAT), sign(min_score) * 'inf'::FLOAT)::DOUBLE AS min_score,
    coalesce(TRY_CAST(experimental_min_score AS FLOAT), sign(experimental_min_score) * 'inf'::FLOAT)::DOUBLE
        AS experimental_min_score
)
FROM policy_thresholds;
