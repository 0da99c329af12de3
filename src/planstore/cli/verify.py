"""``planstore verify``: everything that can be recomputed is recomputed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    results: Results = RESULTS,
    anchor: Annotated[
        str | None, typer.Option(help="`commit:digest` as `planstore anchor` printed it; the store must extend it.")
    ] = None,
    public_key: Annotated[Path | None, typer.Option(help="The public key that the anchor must be signed with.")] = None,
    json: Json = False,
) -> None:
    """Recompute digests, chain, plans, projections, files and artifacts. Exit code 1 when one does not hold."""
    import planstore
    from planstore.cli import output
    from planstore.cli.ending import ending

    with planstore.open(results, create=False) as store, output.working("recomputing digests"):
        found = store.integrity.verify(anchor, public_key=public_key)
    with ending(0 if found.holds else 1):
        if json:
            output.print_json(found.as_dict())
        elif found.holds:
            output.print_line(f"Everything holds: {found.commits} commits, up to {found.anchor}.")
        else:
            output.print_line(f"{len(found.findings)} findings; the first:")
            for finding in found.findings[:20]:
                output.print_line(f"  {finding}")
        if found.unreferenced and not json:
            output.print_line("Artifacts that no event names; they do no harm and stay:")
            for digest in found.unreferenced:
                output.print_line(f"  {digest}")
        if found.orphans and not json:
            output.print_line(
                "Files that no commit names, of a writer that died or is at work; compact removes the former:"
            )
            for path in found.orphans:
                output.print_line(f"  {path}")
