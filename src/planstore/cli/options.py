"""Options shared by verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from planstore.cli.argument_completion import (
    complete_executor,
    complete_run,
    complete_symbol,
    complete_target,
)

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
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, help="Maximum rows per table. Default: 50 on a terminal, all in a pipe; --json prints all."
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE.svg", help="Write a chart to this SVG file too; an existing file is replaced."
    ),
]
Target = Annotated[str, typer.Argument(help="Target, as in the candidates.", autocompletion=complete_target)]
Symbol = Annotated[
    str | None,
    typer.Argument(help="Symbol. Default: the target's cross-sectional side.", autocompletion=complete_symbol),
]
_RUN = "Run id, commit number, start of a plan id, or time. Default: newest."
Run = Annotated[str | None, typer.Option("--run", help=_RUN, autocompletion=complete_run)]
Plan = Annotated[str | None, typer.Option("--plan", help=_RUN, autocompletion=complete_run)]
PlanName = Annotated[str | None, typer.Argument(metavar="NAME", help=_RUN, autocompletion=complete_run)]
PanelPath = Annotated[
    Path,
    typer.Argument(
        metavar="PANEL",
        envvar="PLANSTORE_PANEL",
        help="Features and targets: a folder with one file per symbol, hive folders, or one long file; or its "
        "s3:// address.",
    ),
]
Families = Annotated[
    Path | None,
    typer.Option("--families", envvar="PLANSTORE_FAMILIES", help="Families file (YAML) with further families."),
]
Executor = Annotated[
    str,
    typer.Option(
        "--executor",
        envvar="PLANSTORE_EXECUTOR",
        help="Executor: local (processes on this machine) or ray.",
        autocompletion=complete_executor,
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option("--ray-address", help="Address of a Ray cluster. Default: a cluster is started on this machine."),
]
MaxFitRows = Annotated[
    int | None,
    typer.Option(
        "--max-fit-rows",
        min=1,
        help="Maximum rows that a cross-sectional model is fitted on, a sample of whole timestamps. "
        "Default: as many as this machine's memory allows.",
    ),
]
RESULTS = Path("results")


def check_plot(plot: Path | None) -> None:
    """Refuse a file of ``--plot`` that cannot be written, before work that takes long."""
    from planstore.checks.whole_files import check_file_path
    from planstore.ledger.embedded.store_folder import refuse_store

    if plot is not None:
        refuse_store("--plot", plot)
        check_file_path("--plot", plot, ".svg")


def is_typed(context: Any, name: str) -> bool:
    """Return whether the call itself gives a parameter, not a variable, the project file or a default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
