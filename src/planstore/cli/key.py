"""``planstore key``: create a key pair for signed anchors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import Json


def command(
    path: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="New file for the private key; the public key is written to FILE.pub."),
    ],
    json: Json = False,
) -> None:
    """Create a key pair for signed anchors. FILE is secret; FILE.pub is for the readers who check signatures."""
    from planstore.cli import output
    from planstore.ledger.signing import new_key

    public = new_key(path)
    if json:
        output.print_json({"private": str(path), "public": str(public)})
        return
    output.print_line(f"Private key: {path}. Only its owner can read it; it cannot be created again.")
    output.print_line(f"Public key: {public}. `planstore verify --public-key {public}` checks signatures with it.")
