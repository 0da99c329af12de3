"""``planstore status``: job counts of the current plan by status."""

from __future__ import annotations

from planstore.cli.options import RESULTS, AsOf, Json, Limit, Plan, Results

LEAST = ("lease_until", "attempt", "status_at", "worker")


def command(
    results: Results = RESULTS,
    plan: Plan = None,
    limit: Limit = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show job counts of the current plan, or of another one, by status.

    Running and failed jobs are listed.
    """
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        status = store.training.progress(plan)
    if json:
        output.print_json(status.as_dict())
        return
    output.print_line(f"Plan {status.plan_id}: {output.counts(status.counts, status.reused)}")
    columns = ("job_id", "status", "attempt", "worker", "status_at", "lease_until", "error")
    jobs = [*status.running, *status.failed]
    if jobs:
        output.print_line()
        shown, more = output.shown_rows(limit, len(jobs))
        rows = ([job[column] for column in columns] for job in jobs[:shown])
        output.print_table("Running and failed", columns, rows, more=more, least=LEAST)
