-- The budget of the policy: fits, or hours of one CPU core. No row without a budget.
-- makes: rows
-- reads: scenarios
SELECT (document->>'$.budget.fits')::BIGINT AS fits, (document->>'$.budget.hours')::DOUBLE AS hours
FROM scenarios
WHERE document->>'$.budget' IS NOT NULL;
