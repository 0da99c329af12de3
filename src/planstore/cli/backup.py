"""``planstore backup``: a second store with the same commits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the backup.")],
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Copy the store into DIR, as of one commit, while writers go on. `planstore restore` makes a store of it again."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False) as store, output.steps() as step:
        store.maintenance.backup(target, progress=step)
    if json:
        output.print_json({"backup": str(target)})
        return
    output.print_line(f"The store is backed up in {target}.")
