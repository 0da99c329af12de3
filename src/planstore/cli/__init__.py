"""The command line: ``planstore VERB``, one verb a file."""

from __future__ import annotations

import sys
import warnings
from typing import Any, TextIO

import typer
from typer.core import TyperGroup

from planstore.cli import (
    anchor,
    backup,
    compact,
    demo,
    diff,
    ending,
    evidence,
    export,
    history,
    init,
    jobs,
    key,
    log,
    migrate,
    output,
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
from planstore.termination import sigterm_interrupts


class _Verbs(TyperGroup):
    """All verbs; one whose reader, such as head, has seen enough ends at once."""

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        with ending.with_reader():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        with ending.with_reader():
            return super().invoke(ctx)


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
    """Run the command line and exit.

    Exit codes: 0 done, 1 a finding, 2 the call or its input is wrong, 130 ended by Ctrl-C, 141 the reader of standard
    output left, 143 ended by SIGTERM.
    """
    ending.take_streams()
    warnings.showwarning = _show_warning
    with sigterm_interrupts() as termination:
        try:
            code = _run()
        except BaseException:
            if not termination.requested:
                raise
    if termination.requested:
        output.print_note("planstore: ended by SIGTERM")
        code = ending.TERMINATED
    sys.exit(ending.exit_code(code))


def _run() -> int | str | None:
    """Run the verb, and return its exit code."""
    from planstore.errors import PlanstoreError

    try:
        app()
    except SystemExit as ended:
        return ended.code
    except PlanstoreError as error:
        output.print_note(f"planstore: {error}")
        return 2
    return 0


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    output.print_note(f"planstore: {message}")
