"""Process of a verb: signal handling, error messages and exit code."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from contextlib import nullcontext
from typing import TextIO

from planstore.cli import output
from planstore.cli.bash_completion import bash_words, is_requested as bash_completion_is_requested
from planstore.cli.commit_listener import CommitListener
from planstore.cli.exit import exit_code
from planstore.cli.exit_codes import NO_OUTPUT, WRONG_CALL
from planstore.cli.interrupts import Interrupts
from planstore.cli.logs import attach, attached
from planstore.cli.printable import printable
from planstore.cli.standard_streams import drop_output, end_process, prepare
from planstore.cli.verb_groups import GROUPS, VERBS
from planstore.database.binding import process_without_pandas
from planstore.errors import OutputError, PlanstoreError, RequestError


def run() -> None:
    """Run a verb and exit.

    Exit codes: 0 done, 1 a finding, 2 the call or its input is invalid, 3 standard output could not be written,
    4 a hook after a commit failed, 129 ended by SIGHUP, 130 by Ctrl-C, 143 by SIGTERM, 141 the reader of standard
    output has left. After an error or a signal, one line on standard error has the reason and the commits already
    recorded.
    """
    prepare()
    attach()
    warnings.showwarning = _show_warning
    recorded = CommitListener()
    recorded.listen()
    interrupts = Interrupts(lambda: end_process(_line(interrupts, recorded), 128 + (interrupts.came or signal.SIGINT)))
    code = _code(interrupts, recorded)
    if interrupts.came is None:
        interrupts.disarm()
    else:
        code = 128 + interrupts.came
        output.print_error(_line(interrupts, recorded))
        interrupts.leave(lambda: os._exit(code))
    sys.exit(code)


def _code(interrupts: Interrupts, recorded: CommitListener) -> int:
    """Run a verb, print a planstore error, and return the exit code."""
    try:
        try:
            interrupts.arm()
            return exit_code(_run_verb())
        except OutputError as error:
            drop_output()
            if interrupts.came is None:
                _print_error(error, recorded, NO_OUTPUT)
            return NO_OUTPUT
        except PlanstoreError as error:
            if interrupts.came is None:
                _print_error(error, recorded, WRONG_CALL)
            return WRONG_CALL
        finally:
            interrupts.raises = False
    except BaseException:
        # because interrupted work ends with errors of many kinds
        if interrupts.came is None:
            raise
        return 0


def _run_verb() -> int:
    from planstore.cli.verbs import UsageError, app, say_place

    try:
        with (
            bash_words() if bash_completion_is_requested() else nullcontext(),
            process_without_pandas() if _verb() in GROUPS["Ask"] else nullcontext(),
        ):
            code = app(standalone_mode=False)
    except UsageError as error:
        say_place(error)
        handler = attached()
        if _is_json() or (handler is not None and handler.is_json):
            raise RequestError(error.format_message()) from error
        error.show()
        return WRONG_CALL
    except SystemExit as exited:  # because completion exits
        code = exited.code
    return code if isinstance(code, int) else 0


def _verb() -> str:
    """Return the called verb; empty without one."""
    return next((word for word in sys.argv[1:] if word in VERBS), "")


def _is_json() -> bool:
    return "--json" in sys.argv[1:]


def _print_error(error: PlanstoreError, recorded: CommitListener, code: int) -> None:
    """Log an error, or print it as one JSON object on a line of standard error under ``--json``."""
    kind, commits = type(error).__name__, recorded.commits
    if not _is_json():
        output.print_error(f"planstore: {error}{recorded}", error=kind, exit_code=code, commits=commits)
        return
    import orjson

    document = {"error": kind, "message": str(error), "exit_code": code, "commits": commits}
    sys.stderr.write(orjson.dumps(document).decode() + "\n")


def _line(interrupts: Interrupts, recorded: CommitListener) -> str:
    """Return the line of an interrupted verb: its cause, its recorded commits, and how to go on."""
    came = interrupts.came or signal.SIGINT
    cause = "interrupted" if came == signal.SIGINT else f"ended by {came.name}"
    verb = _verb()
    if recorded.has_ended:
        return printable(f"planstore: {cause}: planstore {verb} had ended{recorded}; a hook after it was stopped")
    if verb == "route" and recorded.commits:
        advice = "`planstore export` writes the files of the run"
    elif verb == "tail" and not any(word.startswith("--cursor") for word in sys.argv):
        advice = "only with `--cursor NAME` a later call goes on where one ended"
    else:
        advice = "call it again to go on"
    return printable(f"planstore: {cause}: planstore {verb} was cancelled{recorded}; {advice}")


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    from planstore.routing.policy import DefaultedKeysWarning

    show = output.print_note if issubclass(category, DefaultedKeysWarning) else output.print_warning
    show(f"planstore: {message}")
