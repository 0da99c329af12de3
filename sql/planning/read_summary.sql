-- The summary of a plan, as its document has it, and how many jobs it counts.
-- makes: rows
-- reads: plan_summary
SELECT
    {
        'by_route': by_route,
        'by_type': by_type,
        'by_priority': by_priority,
        'total_cs_jobs': total_cs_jobs,
        'total_symbol_jobs': total_symbol_jobs,
        'total_blocked': total_blocked
    }::JSON AS summary,
    total_jobs
FROM plan_summary;
