"""Progress of verbs on standard error: bars on a terminal, plain lines elsewhere, as in a log file."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Any

from planstore.checks.log_levels import NOTICE
from planstore.cli.logs import draws_bars
from planstore.cli.printable import printable
from planstore.events.vocabulary import open_jobs

if TYPE_CHECKING:
    from rich.console import Console

_log = logging.getLogger("planstore.progress")

QUIET_SECONDS = 15.0
"""Seconds of a step without a line; verbs that end sooner print none, because cron mails every line."""
LINE_SECONDS = 15.0
"""Minimum seconds between two lines of one step."""


class Lines:
    """Progress as plain lines: the first after `QUIET_SECONDS`, further ones at least `LINE_SECONDS` apart.

    Args:
        write: receives each line.
        clock: monotonic clock in seconds.
    """

    def __init__(self, write: Callable[[str], None] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write or _print
        self._clock = clock
        self._due = clock() + QUIET_SECONDS
        self._last = ""
        self._has_written = False

    def show(self, line: str) -> None:
        """Write a line if one is due, and remember it otherwise."""
        self._last = line
        if self._clock() >= self._due:
            self.finish()

    def finish(self) -> None:
        """Write the last line if it was not written, and any was due."""
        if self._last and (self._has_written or self._clock() >= self._due):
            self._write(self._last)
            self._last, self._has_written = "", True
            self._due = self._clock() + LINE_SECONDS


@contextmanager
def spinner(label: str) -> Iterator[None]:
    """Show a spinner with a label on a terminal; elsewhere print the label, once the block has taken long."""
    if draws_bars():
        with _terminal().status(label):
            yield
        return
    with _late_line(label):
        yield


@contextmanager
def step_spinner() -> Iterator[Callable[[str], None]]:
    """Yield a callback that shows the current step on a terminal, and prints it in lines elsewhere."""
    if draws_bars():
        with _terminal().status("beginning") as status:
            yield lambda step: status.update(step)
        return
    yield Lines().show


def track(items: Sequence[Any], label: str) -> Iterable[Any]:
    """Yield ``items`` with a progress bar on a terminal, and with lines elsewhere."""
    if draws_bars():
        from rich.progress import track as rich_track

        yield from rich_track(items, description=label, console=_terminal())
        return
    lines = Lines()
    for number, item in enumerate(items, 1):
        lines.show(f"{label}: {number} of {len(items)}")
        yield item
    lines.finish()


@contextmanager
def progress(label: str) -> Iterator[Callable[[Mapping[str, int]], None]]:
    """Yield a callback that shows job counts by status as a progress bar on a terminal, and in lines elsewhere."""
    if not draws_bars():
        lines = Lines()
        yield lambda by_status: lines.show(f"{label}: {counts(by_status)}")
        lines.finish()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_terminal()) as bar:
        task = bar.add_task("", total=None)

        def show(by_status: Mapping[str, int]) -> None:
            remaining = open_jobs(by_status)
            total = sum(by_status.values())
            bar.update(task, total=total, completed=total - remaining, description=counts(by_status))

        yield show


@contextmanager
def step_bars() -> Iterator[tuple[Callable[[str], None], Callable[[Mapping[str, int]], None]]]:
    """Yield two callbacks: one begins a step, one shows its job counts by status.

    On a terminal each step has a progress bar; elsewhere it has a line at its beginning, and lines of its counts.
    """
    if not draws_bars():
        with _step_lines() as callbacks:
            yield callbacks
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_terminal()) as bars:

        def step(label: str) -> None:
            finish()
            bars.add_task(label, total=None)

        def show(by_status: Mapping[str, int]) -> None:
            remaining = open_jobs(by_status)
            total = sum(by_status.values())
            bars.update(bars.task_ids[-1], total=total, completed=total - remaining)

        def finish() -> None:
            for task in bars.tasks:
                if not task.finished:
                    bars.update(task.id, total=task.total or 1, completed=task.total or 1)

        yield step, show
        finish()


@contextmanager
def _step_lines() -> Iterator[tuple[Callable[[str], None], Callable[[Mapping[str, int]], None]]]:
    label, lines = "", Lines()

    def step(name: str) -> None:
        nonlocal label, lines
        lines.finish()
        label, lines = name, Lines()
        _print(label)

    yield step, lambda by_status: lines.show(f"{label}: {counts(by_status)}")
    lines.finish()


@contextmanager
def _late_line(label: str) -> Iterator[None]:
    timer = Timer(QUIET_SECONDS, _print, (f"{label} …",))
    timer.daemon = True  # because an interrupted verb must not wait for it
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def counts(by_status: Mapping[str, int], reused: int = 0) -> str:
    """Return job counts by status as text: ``12 succeeded, 3 running``; ``reused`` of the succeeded jobs are named."""
    from planstore.pages.answers import counted

    text = counted(by_status, "no jobs")
    return f"{text}; {reused} reused from earlier jobs" if reused else text


def _print(line: str) -> None:
    _log.log(NOTICE, "planstore: %s", printable(line))


def _terminal() -> Console:
    from rich.console import Console

    return Console(stderr=True)
