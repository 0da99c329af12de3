"""``planstore verify``: verify all digests, projections, files and artifacts of a store."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results

if TYPE_CHECKING:
    from planstore.ledger.findings import Verified


def command(
    results: Results = RESULTS,
    anchor: Annotated[
        str | None, typer.Option(help="`commit:digest` of `planstore anchor`; the store must extend it.")
    ] = None,
    public_key: Annotated[Path | None, typer.Option(help="Public key that verifies the anchor's signature.")] = None,
    json: Json = False,
) -> None:
    """Verify digests, chain, plans, projections, files and artifacts. Exit code 1 when there are findings.

    `planstore ui` shows when this was done last on this machine.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.exit import exit_with

    with planstore.open(results, create=False) as store, output.spinner("recomputing digests"):
        found = store.integrity.verify(anchor, public_key=public_key)
        _note(found, anchor, store.access.ledger.layout.verified)
    with exit_with(0 if found.holds else 1):
        if json:
            output.print_json(found.as_dict())
        elif found.holds:
            output.print_line(f"Verified {found.commits} commits, up to {found.anchor}: no findings.")
        else:
            output.print_line(f"{len(found.findings)} findings; the first 20:")
            for finding in found.findings[:20]:
                output.print_line(f"  {finding}")
        if found.unreferenced and not json:
            output.print_line("Unreferenced artifacts; they are harmless and are not deleted:")
            for digest in found.unreferenced:
                output.print_line(f"  {digest}")
        if found.orphans and not json:
            output.print_line(
                "Unreferenced files, of a dead or an active writer; `planstore compact` removes those of a dead one:"
            )
            for path in found.orphans:
                output.print_line(f"  {path}")


def _note(found: Verified, anchor: str | None, path: Path) -> None:
    """Note the verification beside the store."""
    from planstore.errors import ExportError
    from planstore.ledger.embedded.last_verification import LastVerification
    from planstore.ledger.findings import Anchor

    newest = Anchor.parse(found.anchor)
    with suppress(ExportError):  # because who may not write a store may verify it
        LastVerification(datetime.now(UTC), newest.commit_id, newest.digest, len(found.findings), anchor).note(path)
