"""``planstore status``: job counts of the current plan by status."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results


def command(
    results: Results = RESULTS,
    limit: Annotated[
        int, typer.Option(min=1, help="Maximum number of running and failed jobs; --json prints all.")
    ] = 20,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show job counts of the current plan by status.

    Running and failed jobs are listed.
    """
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        status = store.training.progress()
    if json:
        output.print_json(status.as_dict())
        return
    output.print_line(f"Plan {status.plan_id[:12]}: {output.counts(status.counts)}")
    columns = ("job_id", "status", "attempt", "worker", "status_at", "lease_until", "error")
    jobs = [*status.running, *status.failed]
    if jobs:
        output.print_line()
        more = f"{len(jobs) - limit} more; --limit or --json shows them" if len(jobs) > limit else ""
        rows = ([job[column] for column in columns] for job in jobs[:limit])
        output.print_table("Running and failed", columns, rows, more=more)
