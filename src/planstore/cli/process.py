"""The process of a verb: how it ends, and what it says then."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from typing import TextIO

from planstore.cli import ending, output
from planstore.cli.exit_codes import NO_OUTPUT, WRONG_CALL
from planstore.cli.interrupts import Interrupts
from planstore.cli.recorded import RecordedCommits
from planstore.cli.streams import drop_output, end_process, prepare
from planstore.errors import OutputError, PlanstoreError
from planstore.training.execution.termination import TerminatedError

SIGNALS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: TerminatedError}


def run() -> None:
    """Run a verb and exit.

    Exit codes: 0 done, 1 a finding, 2 the call or its input is wrong, 3 standard output took no more, 130 ended by
    Ctrl-C, 141 the reader of standard output left, 143 ended by SIGTERM. What ends otherwise than by itself says so in
    one line on standard error, with the commits that are recorded all the same.
    """
    prepare()
    warnings.showwarning = _show_warning
    recorded = RecordedCommits()
    recorded.listen()
    interrupts = Interrupts(
        SIGNALS, lambda: end_process(_line(interrupts, recorded), 128 + (interrupts.came or signal.SIGINT))
    )
    code = _code(interrupts, recorded)
    if interrupts.came is None:
        interrupts.disarm()
    else:
        code = 128 + interrupts.came
        output.print_note(_line(interrupts, recorded))
        interrupts.leave(lambda: os._exit(code))
    sys.exit(code)


def _code(interrupts: Interrupts, recorded: RecordedCommits) -> int:
    """Run a verb, report an error of ours, and return the exit code."""
    try:
        try:
            interrupts.arm()
            return ending.exit_code(_run_verb())
        except OutputError as error:
            drop_output()
            if interrupts.came is None:
                output.print_note(f"planstore: {error}{recorded}")
            return NO_OUTPUT
        except PlanstoreError as error:
            if interrupts.came is None:
                output.print_note(f"planstore: {error}{recorded}")
            return WRONG_CALL
        finally:
            interrupts.raises = False
    except BaseException:
        # because what an interrupt breaks off ends with errors of many kinds
        if interrupts.came is None:
            raise
        return 0


def _run_verb() -> int:
    from planstore.cli.verbs import app

    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


def _line(interrupts: Interrupts, recorded: RecordedCommits) -> str:
    return f"planstore: {'interrupted' if interrupts.came == signal.SIGINT else 'ended by SIGTERM'}{recorded}"


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    output.print_note(f"planstore: {message}")
