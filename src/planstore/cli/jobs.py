"""``planstore jobs``: the jobs of the current plan, each with its status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results

if TYPE_CHECKING:
    from planstore.api.store import Store

COLUMNS = ("job_id", "target", "symbol", "route", "priority", "model_families", "status", "error")


def command(
    results: Results = RESULTS,
    target: Annotated[str | None, typer.Option(help="Only jobs of this target.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Only jobs of this symbol.")] = None,
    status: Annotated[str | None, typer.Option(help="Only jobs with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show in the table; --json gives all.")] = 50,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow the plan until no job is left to train; a line for each change.")
    ] = False,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List the jobs of the current plan in plan order, each with its latest status."""
    import planstore
    from planstore.cli import output
    from planstore.errors import RequestError

    if watch and (as_of or target or symbol or status):
        raise RequestError("--watch follows the whole plan as it is now; leave --as-of and the filters out")
    with planstore.open(results, create=False, as_of=as_of) as store:
        if watch:
            _follow(store, json=json)
            return
        jobs = store.training.jobs(target=target, symbol=symbol, status=status)
        if json:
            output.print_json_array(jobs)
            return
        more = f"{len(jobs) - limit} more; --limit or --json shows them" if len(jobs) > limit else ""
        rows = ([job[column] for column in COLUMNS] for job in jobs[:limit])
        output.print_table(f"{len(jobs)} jobs", COLUMNS, rows, more=more)


def _follow(store: Store, *, json: bool) -> None:
    """Show how far the plan is, a line whenever that changes, under a progress bar on a terminal."""
    import time

    from planstore.cli import output

    shown = None
    with output.progress("training") as show:
        while True:
            status = store.training.progress()
            show(dict(status.counts))
            if status.counts != shown:
                shown = status.counts
                if json:
                    output.print_json_line(status.as_dict())
                else:
                    output.print_line(output.counts(status.counts))
            if status.is_over:
                return
            time.sleep(0.5)
