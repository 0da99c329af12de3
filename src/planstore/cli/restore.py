"""``planstore restore``: restore a store from a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Folder written by `planstore backup`.")],
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Restore a store from the backup in DIR and verify it.

    The results folder must have no store.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.exit import exit_with
    from planstore.ledger.backup import restore
    from planstore.ledger.layout import StoreLayout

    restore(source, StoreLayout.in_results(results).folder)
    with planstore.open(results, create=False) as store, output.spinner("recomputing digests"):
        found = store.integrity.verify()
    with exit_with(0 if found.holds else 1):
        if json:
            output.print_json(found.as_dict())
        elif found.holds:
            output.print_line(f"Restored and verified {found.commits} commits, up to {found.anchor}: no findings.")
        else:
            output.print_line(f"Restored, but {len(found.findings)} findings; the first: {found.findings[0]}")
