"""``planstore backup``: a second store with the same commits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="New folder for the backup.")],
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Copy the store into DIR, as of one commit. Writers may continue. `planstore restore` restores the backup."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False) as store, output.step_spinner() as step:
        store.maintenance.backup(target, progress=step)
    if json:
        output.print_json({"backup": str(target)})
        return
    output.print_line(f"Backup written to {target}.")
