"""The commits of a verb, and their hooks, which run when the verb has ended."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import typer

from planstore.cli.exit_codes import HOOK_FAILED
from planstore.cli.hooks import AFTER_COMMIT, Hooks, failures_after
from planstore.errors import OutputError

_LOGGER = "planstore.ledger"
_log = logging.getLogger("planstore.hooks")


class _Commits(logging.Handler):
    """Log handler that collects the results folder and number of each commit."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.commits: list[tuple[Path, int]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Collect the commit of a log record."""
        fields = vars(record)
        if "commit_id" in fields:
            self.commits.append((fields["results"], fields["commit_id"]))


@contextmanager
def commit_hooks(ctx: typer.Context) -> Iterator[None]:
    """Run the hooks of the commits that the block records, also if it fails, but not if it is interrupted.

    They run after the block, because a hook may itself use the store, whose writers wait for each other.

    Raises:
        typer.Exit: a hook with ``on_failure = "fail"`` has failed, and the block has not: exit code 4.
    """
    commits, logger = _Commits(), logging.getLogger(_LOGGER)
    level = logger.level
    logger.addHandler(commits)
    logger.setLevel(logging.INFO)
    try:
        yield
    except typer.Exit as exited:
        if not _hold(ctx.obj, commits) and not exited.exit_code:
            raise typer.Exit(HOOK_FAILED) from None
        raise
    except Exception:
        with suppress(BrokenPipeError, OutputError):  # because the verb's own error is told
            _hold(ctx.obj, commits)
        raise
    else:
        if not _hold(ctx.obj, commits):
            raise typer.Exit(HOOK_FAILED)
    finally:
        logger.removeHandler(commits)
        logger.setLevel(level)


def _hold(hooks: Hooks | None, commits: _Commits) -> bool:
    """Run the hooks; return False if one failed whose failure counts.

    Raises:
        BrokenPipeError, OutputError: standard output could not be written, which does not keep the hooks from running.
    """
    from planstore.cli import output

    if hooks is None or not commits.commits:
        return True
    unwritten = _unwritten()
    _log.info("the verb has ended, and its hooks run", extra={"has_ended": True})
    counts = AFTER_COMMIT in hooks.hooks and hooks.hooks[AFTER_COMMIT].on_failure == "fail"
    show = output.print_error if counts else output.print_warning
    has_failed = False
    for failure in failures_after(hooks, commits.commits):
        has_failed = True
        show(f"planstore: {failure}")
    if unwritten is not None:
        raise unwritten
    return not (has_failed and counts)


def _unwritten() -> BrokenPipeError | OutputError | None:
    """Write the answer of the verb, which comes before notes of its hooks; return the error if it cannot be written."""
    try:
        sys.stdout.flush()
    except (BrokenPipeError, OutputError) as error:
        return error
    return None
