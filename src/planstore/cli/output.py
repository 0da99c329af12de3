"""What a verb prints: tables for people, JSON alone on standard output for programs, progress on standard error."""

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

from planstore.cli.visible import visible
from planstore.events.vocabulary import open_jobs

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

WIDE = 200
"""Columns that tables may use where there is no terminal to ask."""

NARROW = 12
"""The least width, in characters, that a column of long values can be read in."""

FOLDS = 4
"""Lines that a row of a table may be folded into and still be read as a row."""


class Sink(Protocol):
    """What data is written to."""

    def write(self, data: bytes, /) -> object:
        """Take ``data``."""

    def flush(self) -> object:
        """Pass on what was taken."""


def data_output() -> Sink:
    """Return standard output for data: exact bytes for programs, on a terminal with nothing in them that acts there."""
    return _Terminal(sys.stdout.buffer, sys.stdout.encoding) if sys.stdout.isatty() else sys.stdout.buffer


class _Terminal(io.RawIOBase):
    """Writes UTF-8 to a terminal; characters that do not show, or that it has no code for, are written as in JSON."""

    def __init__(self, out: BinaryIO, encoding: str) -> None:
        self._out = out
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        text = self._decoder.decode(bytes(data))
        shown = "".join(sign if self._shows(sign) else json.dumps(sign)[1:-1] for sign in text)
        self._out.write(shown.encode(self._encoding))
        return len(data)

    def _shows(self, sign: str) -> bool:
        return (sign.isprintable() or sign == "\n") and sign.encode(self._encoding, "ignore") != b""

    def flush(self) -> None:
        self._out.flush()


def print_json(value: Any) -> None:
    """Print ``value`` as JSON; numbers that JSON has no word for become null."""
    out = data_output()
    out.write(_json(value, orjson.OPT_INDENT_2) + b"\n")
    out.flush()


def print_json_line(value: Any) -> None:
    """Print ``value`` as JSON on one line, and at once."""
    out = data_output()
    out.write(_json(value) + b"\n")
    out.flush()


def print_json_array(rows: Iterable[Any], out: Sink | None = None) -> None:
    """Print rows as a JSON array, one a line, as they come, to ``out`` or standard output."""
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
        return orjson.dumps(value, default=_plain, option=option)
    except TypeError:
        # because orjson stops at whole numbers of 64 bits
        return orjson.dumps(_with_texts(value), default=_plain, option=option)


def _with_texts(value: Any) -> Any:
    """Return a value in which whole numbers of over 64 bits are texts."""
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, Mapping):
        return {key: _with_texts(item) for key, item in value.items()}
    return [_with_texts(item) for item in value] if isinstance(value, list | tuple) else value


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, more: str = "") -> None:
    """Print a table; ``more`` is a last line under it."""
    paper = console()
    paper.print(_table(title, columns, rows, paper.encoding))
    if more:
        print_line(more)


def print_rows(console: Console, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print the rows of a query: as a table or, where its columns would be too narrow to read, one below the other."""
    texts = [[_text(value, console.encoding) for value in row] for row in rows]
    headings = [_text(column, console.encoding) for column in columns]
    widths = [max(text.cell_len for text in column) for column in zip(headings, *texts, strict=True)]
    least, most = (sum(min(width, longest) + 2 for width in widths) - 2 for longest in (NARROW, max(widths)))
    if not texts or (least <= console.width and most <= FOLDS * console.width):
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
    (to or console()).print(visible(text, lines=True), markup=False, highlight=False, soft_wrap=True)


def print_pairs(pairs: Mapping[str, Any]) -> None:
    """Print names and values, one pair a line."""
    width = max(len(name) for name in pairs)
    for name, value in pairs.items():
        print_line(f"  {name:<{width}}  {_plain_text(value)}")


def print_note(text: str) -> None:
    """Print prose on standard error, out of a program's way."""
    sys.stderr.write(visible(text, lines=True) + "\n")


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on a terminal that something is under way; say nothing in a pipe."""
    from rich.console import Console

    errors = Console(stderr=True)
    if not errors.is_terminal:
        yield
        return
    with errors.status(what):
        yield


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Yield what shows, on a terminal, the step that is under way; it says nothing in a pipe."""
    from rich.console import Console

    errors = Console(stderr=True)
    if not errors.is_terminal:
        yield lambda _: None
        return
    with errors.status("beginning") as status:
        yield lambda step: status.update(step)


def track(items: Sequence[Any], what: str) -> Iterable[Any]:
    """Yield ``items`` under a progress bar on a terminal; say nothing in a pipe."""
    from rich.console import Console
    from rich.progress import track as rich_track

    errors = Console(stderr=True)
    return rich_track(items, description=what, console=errors, disable=not errors.is_terminal)


@contextmanager
def progress(what: str) -> Iterator[Callable[[Mapping[str, int]], None]]:
    """Yield what shows, on a terminal, how many jobs have each status, as a progress bar; it says nothing in a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    errors = Console(stderr=True)
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def show(counted: Mapping[str, int]) -> None:
            left = open_jobs(counted)
            total = sum(counted.values())
            bar.update(task, total=total, completed=total - left, description=counts(counted))

        yield show


@contextmanager
def stages() -> Iterator[tuple[Callable[[str], None], Callable[[Mapping[str, int]], None]]]:
    """Yield what shows, on a terminal, the step that is under way, and what shows how far it is: a bar a step.

    Both say nothing in a pipe.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    errors = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as bars:

        def step(what: str) -> None:
            end()
            bars.add_task(what, total=None)

        def show(counted: Mapping[str, int]) -> None:
            left = open_jobs(counted)
            total = sum(counted.values())
            bars.update(bars.task_ids[-1], total=total, completed=total - left)

        def end() -> None:
            for task in bars.tasks:
                if not task.finished:
                    bars.update(task.id, total=task.total or 1, completed=task.total or 1)

        yield step, show
        end()


@contextmanager
def log(name: str) -> Iterator[None]:
    """Show what this logger says, from information upward, on standard error."""
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


def counts(counted: Mapping[str, int]) -> str:
    """Return how many there are of each, as ``12 succeeded, 3 running``."""
    return ", ".join(f"{number} {name}" for name, number in counted.items()) or "no jobs"


def console(out: TextIO | None = None) -> Console:
    """Return the console for people over ``out`` or standard output: as wide as the terminal, or wide enough."""
    from planstore.cli.console import Paper

    found = Paper(file=out, highlight=False)
    return found if found.is_terminal else Paper(file=out, highlight=False, width=WIDE)


def _text(value: Any, encoding: str) -> Text:
    from rich.text import Text

    if isinstance(value, Text):
        return value
    # because a column is as wide as what is written into it
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
    return visible(str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
