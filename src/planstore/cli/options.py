"""Options that verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Results = Annotated[
    Path,
    typer.Option("--results", envvar="PLANSTORE_RESULTS", help="The results folder.", show_default=True),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="Answer as of a commit's number or a time (ISO 8601, UTC where no zone is given)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]
RESULTS = Path("results")
