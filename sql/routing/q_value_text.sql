-- A q-value as reasons show it, after a score: three decimals, and <0.001 below them; null where there is none.
-- example: q_value_text(0.0312::DOUBLE) → ", q=0.031"
-- makes: macro q_value_text()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO q_value_text(q_value) AS
    CASE WHEN q_value < 0.0005 THEN ', q<0.001' ELSE printf(', q=%.3f', q_value) END;
