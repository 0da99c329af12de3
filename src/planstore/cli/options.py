"""Options shared by verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Results = Annotated[
    Path,
    typer.Option("--results", envvar="PLANSTORE_RESULTS", help="Results folder.", show_default=True),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="Read the ledger as of a commit number or a time (ISO 8601; default zone: UTC)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print only JSON on standard output.")]
AllowPickle = Annotated[
    bool,
    typer.Option(
        "--allow-pickle", help="Load models that are pickles, which can run code: for stores whose writers you trust."
    ),
]
RESULTS = Path("results")
