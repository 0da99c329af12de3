"""``planstore compact``: merge small files; events and digests stay the same."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results

MAX_GRACE_HOURS = 876_000
"""100 years, in hours."""


def command(
    results: Results = RESULTS,
    grace_hours: Annotated[
        float,
        typer.Option(
            min=0,
            max=MAX_GRACE_HOURS,
            help="Minimum age, in hours, of unreferenced files before they are deleted; active readers may need them.",
        ),
    ] = 24,
    json: Json = False,
) -> None:
    """Merge small files; no digest changes.

    Small commits are flushed into files, and files of killed writers are removed.
    """
    import planstore
    from planstore.cli import output

    if math.isnan(grace_hours):
        raise typer.BadParameter("must be a number of hours, got nan", param_hint="--grace-hours")
    with planstore.open(results, create=False) as store, output.step_spinner() as step:
        done = store.maintenance.compact(grace=timedelta(hours=grace_hours), progress=step)
    if json:
        output.print_json(done.as_dict())
        return
    output.print_line(
        f"{done.flushed} rows flushed; {done.files_before} files before, {done.files_after} now, including "
        f"unreferenced files younger than {grace_hours:g} hours; {done.orphans} orphans removed. No digest changed."
    )
