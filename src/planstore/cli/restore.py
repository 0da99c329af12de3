"""``planstore restore``: a store out of a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `planstore backup` made.")],
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Make a store out of the backup in DIR, in a results folder that has none, and verify it."""
    import planstore
    from planstore.cli import output
    from planstore.cli.ending import ending
    from planstore.ledger.backup import restore
    from planstore.ledger.layout import StoreLayout

    restore(source, StoreLayout.in_results(results).folder)
    with planstore.open(results, create=False) as store, output.working("recomputing digests"):
        found = store.integrity.verify()
    with ending(0 if found.holds else 1):
        if json:
            output.print_json(found.as_dict())
        elif found.holds:
            output.print_line(f"Restored {found.commits} commits, up to {found.anchor}; everything holds.")
        else:
            output.print_line(f"Restored, but {len(found.findings)} findings; the first: {found.findings[0]}")
