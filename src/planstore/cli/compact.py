"""``planstore compact``: fewer and larger files, the same events."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results

LONGEST_HOURS = 876_000
"""A hundred years, in hours."""


def command(
    results: Results = RESULTS,
    grace_hours: Annotated[
        float,
        typer.Option(
            min=0, max=LONGEST_HOURS, help="How long files stay that nothing names any more, for readers still at them."
        ),
    ] = 24,
    json: Json = False,
) -> None:
    """Flush small commits into files, merge small files, remove what killed writers left. No digest changes."""
    import planstore
    from planstore.cli import output

    if math.isnan(grace_hours):
        raise typer.BadParameter("give a number of hours", param_hint="--grace-hours")
    with planstore.open(results, create=False) as store, output.steps() as step:
        done = store.maintenance.compact(grace=timedelta(hours=grace_hours), progress=step)
    if json:
        output.print_json(done.as_dict())
        return
    output.print_line(
        f"{done.flushed} rows flushed; {done.files_before} files before, {done.files_after} now, with those "
        f"that stay {grace_hours:g} hours for readers; {done.orphans} orphans removed. Every digest is what it was."
    )
