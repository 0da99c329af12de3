"""``planstore jobs``: list the jobs of the current plan with their status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Limit, Results

if TYPE_CHECKING:
    from planstore.api.store import Store

COLUMNS = ("job_id", "target", "symbol", "route", "priority", "model_families", "status", "reused_from", "error")
LEAST = ("priority", "symbol", "target", "model_families", "route", "reused_from", "error")


def command(
    results: Results = RESULTS,
    target: Annotated[str | None, typer.Option(help="Show only jobs of this target.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Show only jobs of this symbol.")] = None,
    status: Annotated[str | None, typer.Option(help="Show only jobs with this status.")] = None,
    limit: Limit = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow the plan until every job has ended; one line per change.")
    ] = False,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List the jobs of the current plan with their status.

    The order is that of the plan.
    """
    import planstore
    from planstore.cli import output
    from planstore.errors import RequestError

    if watch and (as_of or target or symbol or status):
        raise RequestError("--watch must be without --as-of, --target, --symbol and --status: leave them out")
    with planstore.open(results, create=False, as_of=as_of) as store:
        if watch:
            _follow(store, json=json)
            return
        jobs = store.training.jobs(target=target, symbol=symbol, status=status)
        if json:
            output.print_json_array(jobs)
            return
        shown, more = output.shown_rows(limit, len(jobs))
        rows = ([job[column] for column in COLUMNS] for job in jobs[:shown])
        output.print_table(f"{len(jobs)} jobs", COLUMNS, rows, more=more, least=LEAST)


def _follow(store: Store, *, json: bool) -> None:
    """Print the job counts by status after each change, with a progress bar on a terminal."""
    import time

    from planstore.cli import output

    printed = None
    with output.progress("training") as show:
        while True:
            status = store.training.progress()
            show(dict(status.counts))
            if status.counts != printed:
                printed = status.counts
                if json:
                    output.print_json_line(status.as_dict())
                else:
                    output.print_line(output.counts(status.counts))
            if status.is_over:
                return
            time.sleep(0.5)
