"""``planstore anchor``: a commit number and digest, stored elsewhere to prove the store later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    results: Results = RESULTS,
    sign: Annotated[
        Path | None, typer.Option(help="Private key from `planstore key`; prints `commit:digest:signature`.")
    ] = None,
    json: Json = False,
) -> None:
    """Print `commit:digest` of the newest commit. Store it out of reach of the store's writers."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False) as store:
        anchor = store.integrity.anchor(sign=sign)
    if json:
        commit, digest, *signature = anchor.split(":")
        output.print_json(
            {"commit_id": int(commit), "digest": digest, "signature": signature[0] if signature else None}
        )
        return
    output.print_line(anchor)
