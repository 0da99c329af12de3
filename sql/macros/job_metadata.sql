-- The metadata of a job as older readers expect it; its keys depend on the kind of job.
-- training_type: of the job
-- metadata: of the job, as in `jobs`
-- makes: macro job_metadata()
-- reads: nothing
CREATE OR REPLACE MACRO job_metadata(training_type, metadata) AS
    CASE
        WHEN metadata.dev_mode_fallback
            THEN {'cs_state': metadata.cs_state, 'dev_mode_fallback': true}::JSON
        WHEN training_type = 'cross_sectional'
            THEN {'cs_state': metadata.cs_state, 'sample_size': NULL}::JSON
        WHEN training_type = 'blocked'
            THEN {'cs_state': metadata.cs_state, 'local_state': metadata.local_state}::JSON
        ELSE {'cs_state': metadata.cs_state, 'local_state': metadata.local_state,
              'needs_cs_ensemble': metadata.needs_cs_ensemble}::JSON
    END;
