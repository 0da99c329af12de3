"""The command line: ``planstore VERB``, one verb a file."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TextIO

import typer
from typer.core import TyperGroup

from planstore.cli import (
    anchor,
    backup,
    compact,
    demo,
    diff,
    evidence,
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
    report,
    restore,
    route,
    sql,
    status,
    train,
    verify,
    whatif,
    why,
)
from planstore.cli.visible import visible


class _Verbs(TyperGroup):
    """All verbs; each ends well when the reader of its output, such as head, has seen enough."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # because Python flushes standard output once more when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None
        return done


app = typer.Typer(
    name="planstore",
    cls=_Verbs,
    help="Decide where each target is trained, keep every decision, and say why. Each verb takes --results and --json.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (
    init,
    evidence,
    route,
    plan,
    train,
    status,
    jobs,
    log,
    why,
    history,
    diff,
    whatif,
    report,
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
        sys.stderr.write(f"planstore: {visible(str(error), lines=True)}\n")
        sys.exit(2)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    sys.stderr.write(f"planstore: {visible(str(message), lines=True)}\n")
