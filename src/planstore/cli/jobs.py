"""``planstore jobs``: the jobs of the current plan, each with its status."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results

COLUMNS = ("job_id", "target", "symbol", "route", "priority", "model_families", "status")


def command(
    results: Results = RESULTS,
    target: Annotated[str | None, typer.Option(help="Only jobs of this target.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Only jobs of this symbol.")] = None,
    status: Annotated[str | None, typer.Option(help="Only jobs with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show in the table; --json gives all.")] = 50,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List the jobs of the current plan in plan order, each with its latest status."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        jobs = store.jobs(target=target, symbol=symbol, status=status)
        if json:
            output.print_json_array(jobs)
            return
        more = f"{len(jobs) - limit} more; --limit or --json shows them" if len(jobs) > limit else ""
        rows = ([job[column] for column in COLUMNS] for job in jobs[:limit])
        output.print_table(f"{len(jobs)} jobs", COLUMNS, rows, more=more)
