"""What a verb prints: tables for people, JSON alone on standard output for programs, progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 200
"""Columns that tables may use where there is no terminal to ask."""


def print_json(value: Any) -> None:
    """Print ``value`` as JSON; numbers that JSON has no word for become null."""
    sys.stdout.buffer.write(orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))
    sys.stdout.buffer.write(b"\n")
    sys.stdout.flush()


def print_json_line(value: Any) -> None:
    """Print ``value`` as JSON on one line, and at once."""
    sys.stdout.buffer.write(_row_json(value) + b"\n")
    sys.stdout.flush()


def print_json_array(rows: Iterable[Any]) -> None:
    """Print rows as a JSON array, one a line, as they come."""
    out = sys.stdout.buffer
    separator = b"[\n"
    for row in rows:
        out.write(separator + _row_json(row))
        separator = b",\n"
    out.write(b"[]\n" if separator == b"[\n" else b"\n]\n")
    out.flush()


def _row_json(row: Any) -> bytes:
    try:
        return orjson.dumps(row, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # because orjson stops at whole numbers of 64 bits
        plain = {name: str(value) if isinstance(value, int) else value for name, value in row.items()}
        return orjson.dumps(plain, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, more: str = "") -> None:
    """Print a table; ``more`` is a last line under it."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_text(value) for value in row))
    console().print(table)
    if more:
        print_line(more)


def print_line(text: str = "") -> None:
    """Print a line of prose."""
    console().print(text, markup=False, highlight=False, soft_wrap=True)


def print_pairs(pairs: Mapping[str, Any]) -> None:
    """Print names and values, one pair a line."""
    width = max(len(name) for name in pairs)
    for name, value in pairs.items():
        print_line(f"  {name:<{width}}  {_plain_text(value)}")


def print_note(text: str) -> None:
    """Print prose on standard error, out of a program's way."""
    sys.stderr.write(text + "\n")


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
            left = counted.get("planned", 0) + counted.get("running", 0)
            total = sum(counted.values())
            bar.update(task, total=total, completed=total - left, description=counts(counted))

        yield show


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


def console() -> Console:
    """Return the console for people: as wide as the terminal, or wide enough where there is none."""
    from rich.console import Console

    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=WIDE)


def _text(value: Any) -> Any:
    from rich.text import Text

    return Text(_plain_text(value))


def _plain_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain_text(item) for item in value)
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
