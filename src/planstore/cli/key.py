"""``planstore key``: a key pair to sign anchors with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import Json


def command(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="A new file for the private key; the public one is FILE.pub.")
    ],
    json: Json = False,
) -> None:
    """Make a key pair to sign anchors with. Keep FILE to yourself; give FILE.pub to whoever checks them."""
    from planstore.cli import output
    from planstore.ledger.signing import new_key

    public = new_key(path)
    if json:
        output.print_json({"private": str(path), "public": str(public)})
        return
    output.print_line(f"The private key is {path}: only you can read it, and nobody can make it again.")
    output.print_line(
        f"The public key is {public}: with it, `planstore verify --public-key {public}` checks signatures."
    )
