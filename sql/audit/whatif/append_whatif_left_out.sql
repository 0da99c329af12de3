-- The jobs of one run that the budget of another policy leaves out, wholly or in part.
-- appends to: whatif_left_out
-- reads: left_out, $commit_id, $run_id
INSERT INTO whatif_left_out
SELECT $run_id, $commit_id, job_id, target, symbol, route, kept_families, left_out_families FROM left_out;
