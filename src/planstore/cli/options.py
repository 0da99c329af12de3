"""Options that verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Results = Annotated[
    Path,
    typer.Option("--results", envvar="PLANSTORE_RESULTS", help="The results folder.", show_default=True),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]
RESULTS = Path("results")
