"""Output of verbs: tables for people, only JSON on standard output for programs, progress on standard error."""

from __future__ import annotations

import codecs
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TextIO

import orjson

from planstore.cli.printable import printable
from planstore.events.vocabulary import open_jobs

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

PIPE_WIDTH = 200
"""Width of tables in characters where standard output is not a terminal."""

MIN_COLUMN_WIDTH = 12
"""Minimum readable width, in characters, of a column of long values."""

MAX_ROW_LINES = 4
"""Maximum readable number of lines per table row."""


class Sink(Protocol):
    """Destination of binary output."""

    def write(self, data: bytes, /) -> object:
        """Write ``data``."""

    def flush(self) -> object:
        """Flush the written data."""


def data_output() -> Sink:
    """Return standard output for data: exact bytes for programs, escaped control characters on a terminal."""
    return _Terminal(sys.stdout.buffer, sys.stdout.encoding) if sys.stdout.isatty() else sys.stdout.buffer


class _Terminal(io.RawIOBase):
    """Terminal stream for UTF-8: characters that are unprintable or not encodable are escaped as in JSON."""

    def __init__(self, out: BinaryIO, encoding: str) -> None:
        self._out = out
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        text = self._decoder.decode(bytes(data))
        escaped = "".join(char if self._is_printable(char) else json.dumps(char)[1:-1] for char in text)
        self._out.write(escaped.encode(self._encoding))
        return len(data)

    def _is_printable(self, char: str) -> bool:
        return (char.isprintable() or char == "\n") and char.encode(self._encoding, "ignore") != b""

    def flush(self) -> None:
        self._out.flush()


def print_json(value: Any) -> None:
    """Print ``value`` as JSON; numbers that JSON cannot represent become null."""
    out = data_output()
    out.write(_json(value, orjson.OPT_INDENT_2) + b"\n")
    out.flush()


def print_json_line(value: Any) -> None:
    """Print ``value`` as JSON on one line, and flush it."""
    out = data_output()
    out.write(_json(value) + b"\n")
    out.flush()


def print_json_array(rows: Iterable[Any], out: Sink | None = None) -> None:
    """Stream rows as a JSON array to ``out`` or standard output, one row per line."""
    out = data_output() if out is None else out
    separator = b"[\n"
    for row in rows:
        out.write(separator + _json(row))
        separator = b",\n"
    out.write(b"[]\n" if separator == b"[\n" else b"\n]\n")
    out.flush()


def _json(value: Any, option: int = 0) -> bytes:
    option |= orjson.OPT_NON_STR_KEYS
    try:
        return orjson.dumps(value, default=_json_default, option=option)
    except TypeError:
        # because orjson refuses integers of more than 64 bits
        return orjson.dumps(_large_integers_as_text(value), default=_json_default, option=option)


def _large_integers_as_text(value: Any) -> Any:
    """Return a value with each integer of more than 64 bits replaced by its text."""
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, Mapping):
        return {key: _large_integers_as_text(item) for key, item in value.items()}
    return [_large_integers_as_text(item) for item in value] if isinstance(value, list | tuple) else value


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, more: str = "") -> None:
    """Print a table, followed by the line ``more`` unless that is empty."""
    out = console()
    out.print(_table(title, columns, rows, out.encoding))
    if more:
        print_line(more)


def print_rows(console: Console, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print the rows of a query as a table, or as one block per row where the columns would be unreadably narrow."""
    texts = [[_text(value, console.encoding) for value in row] for row in rows]
    headings = [_text(column, console.encoding) for column in columns]
    widths = [max(text.cell_len for text in column) for column in zip(headings, *texts, strict=True)]
    min_width, full_width = (
        sum(min(width, limit) + 2 for width in widths) - 2 for limit in (MIN_COLUMN_WIDTH, max(widths))
    )
    if not texts or (min_width <= console.width and full_width <= MAX_ROW_LINES * console.width):
        console.print(_table("", columns, texts, console.encoding))
        return
    widest = max(heading.cell_len for heading in headings)
    for number, row in enumerate(texts, 1):
        console.rule(f"row {number}", align="left", characters="-", style="dim")
        for heading, text in zip(headings, row, strict=True):
            console.print(f"{heading.plain:<{widest}}  {text.plain}", markup=False, soft_wrap=True)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], encoding: str) -> Table:
    from rich.table import Table

    heading = _text(title, encoding) if title else None
    table = Table(title=heading, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(_text(column, encoding), overflow="fold")
    for row in rows:
        table.add_row(*(_text(value, encoding) for value in row))
    return table


def print_line(text: str = "", to: Console | None = None) -> None:
    """Print a line of prose."""
    (to or console()).print(printable(text, lines=True), markup=False, highlight=False, soft_wrap=True)


def print_pairs(pairs: Mapping[str, Any]) -> None:
    """Print names and values, one pair a line."""
    width = max(len(name) for name in pairs)
    for name, value in pairs.items():
        print_line(f"  {name:<{width}}  {_plain_text(value)}")


def print_note(text: str) -> None:
    """Print prose on standard error, because standard output is for data."""
    sys.stderr.write(printable(text, lines=True) + "\n")


@contextmanager
def spinner(label: str) -> Iterator[None]:
    """Show a spinner with a label on a terminal; print nothing in a pipe."""
    from rich.console import Console

    errors = Console(stderr=True)
    if not errors.is_terminal:
        yield
        return
    with errors.status(label):
        yield


@contextmanager
def step_spinner() -> Iterator[Callable[[str], None]]:
    """Yield a callback that shows the current step on a terminal, and does nothing in a pipe."""
    from rich.console import Console

    errors = Console(stderr=True)
    if not errors.is_terminal:
        yield lambda _: None
        return
    with errors.status("beginning") as status:
        yield lambda step: status.update(step)


def track(items: Sequence[Any], label: str) -> Iterable[Any]:
    """Yield ``items`` with a progress bar on a terminal; print nothing in a pipe."""
    from rich.console import Console
    from rich.progress import track as rich_track

    errors = Console(stderr=True)
    return rich_track(items, description=label, console=errors, disable=not errors.is_terminal)


@contextmanager
def progress(label: str) -> Iterator[Callable[[Mapping[str, int]], None]]:
    """Yield a callback that shows job counts by status as a progress bar on a terminal; it prints nothing in a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    errors = Console(stderr=True)
    columns = (
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def show(by_status: Mapping[str, int]) -> None:
            remaining = open_jobs(by_status)
            total = sum(by_status.values())
            bar.update(task, total=total, completed=total - remaining, description=counts(by_status))

        yield show


@contextmanager
def step_bars() -> Iterator[tuple[Callable[[str], None], Callable[[Mapping[str, int]], None]]]:
    """Yield two callbacks: one starts the progress bar of a step, one updates it with job counts by status.

    Both do nothing in a pipe.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    errors = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as bars:

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
def log(name: str) -> Iterator[None]:
    """Print the records of a logger, from level INFO, on standard error."""
    import logging

    logger, handler = logging.getLogger(name), logging.StreamHandler(sys.stderr)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def counts(by_status: Mapping[str, int]) -> str:
    """Return job counts by status as text: ``12 succeeded, 3 running``."""
    return ", ".join(f"{number} {status}" for status, number in by_status.items()) or "no jobs"


def console(out: TextIO | None = None) -> Console:
    """Return a console over ``out`` or standard output, with the terminal's width or `PIPE_WIDTH`."""
    from planstore.cli.console import PipeConsole

    found = PipeConsole(file=out, highlight=False)
    return found if found.is_terminal else PipeConsole(file=out, highlight=False, width=PIPE_WIDTH)


def _text(value: Any, encoding: str) -> Text:
    from rich.text import Text

    if isinstance(value, Text):
        return value
    # because the width of a column follows from its escaped text
    return Text(_plain_text(value).encode(encoding, "backslashreplace").decode(encoding))


def _plain_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Mapping):
        return ", ".join(f"{_plain_text(name)} {_plain_text(count)}" for name, count in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain_text(item) for item in value)
    return printable(str(value))


def _json_default(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
