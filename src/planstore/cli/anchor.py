"""``planstore anchor``: what to keep elsewhere, so that the whole store can be proven later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    results: Results = RESULTS,
    sign: Annotated[
        Path | None, typer.Option(help="A private key of `planstore key`; prints `commit:digest:signature`.")
    ] = None,
    json: Json = False,
) -> None:
    """Print `commit:digest` of the newest commit. Keep it where nobody who can write the store can write."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False) as store:
        found = store.integrity.anchor(sign=sign)
    if json:
        commit, digest, *signature = found.split(":")
        output.print_json(
            {"commit_id": int(commit), "digest": digest, "signature": signature[0] if signature else None}
        )
        return
    output.print_line(found)
