"""``planstore backup``: a second store with the same commits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="New folder, or the folder of an earlier backup.")],
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Copy the store into DIR, as of one commit. `planstore restore` restores the backup.

    Writers may continue. An earlier backup in DIR is extended: only new files are copied, and a call that is killed
    leaves it as it was.
    """
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False) as store, output.step_spinner() as step:
        done = store.maintenance.backup(target, progress=step)
    if json:
        output.print_json({"backup": str(target)} | done.as_dict())
        return
    output.print_line(f"{done} It is in {target}.")
