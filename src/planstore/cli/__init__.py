"""The command line: ``planstore VERB``, one verb a file."""

from __future__ import annotations

import sys
import warnings
from typing import TextIO

import typer

from planstore.cli import (
    anchor,
    backup,
    compact,
    demo,
    diff,
    export,
    history,
    init,
    jobs,
    key,
    log,
    migrate,
    override,
    plan,
    policy,
    rebuild,
    restore,
    route,
    sql,
    verify,
    whatif,
    why,
)

app = typer.Typer(
    name="planstore",
    help="Decide where each target is trained, keep every decision, and say why. Each verb takes --results and --json.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (
    init,
    route,
    plan,
    jobs,
    log,
    why,
    history,
    diff,
    whatif,
    sql,
    export,
    rebuild,
    verify,
    anchor,
    key,
    compact,
    backup,
    restore,
    migrate,
    demo,
):
    app.command(verb.__name__.rpartition(".")[2])(verb.command)
for verbs in (override, policy):
    app.add_typer(verbs.app, name=verbs.__name__.rpartition(".")[2])


def main() -> None:
    """Run the command line: exit 0 when done, 1 with a finding, 2 when the call or what it was given is wrong."""
    from planstore.errors import PlanstoreError

    warnings.showwarning = _show_warning
    try:
        app()
    except PlanstoreError as error:
        sys.stderr.write(f"planstore: {_printable(str(error))}\n")
        sys.exit(2)
    except BrokenPipeError:
        # because the reader of our output, such as head, has seen enough
        sys.stderr.close()
        sys.exit(0)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    sys.stderr.write(f"planstore: {_printable(str(message))}\n")


def _printable(text: str) -> str:
    """Return text in which nothing can act on a terminal; line ends stay."""
    return "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in text)
