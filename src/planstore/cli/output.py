"""Output of verbs: tables for people, only JSON on standard output for programs, progress on standard error."""

from __future__ import annotations

import codecs
import io
import json
import logging
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import orjson

from planstore.checks.log_levels import NOTICE
from planstore.checks.number_text import column_texts, is_number
from planstore.checks.value_text import value_text
from planstore.cli.console import console
from planstore.cli.printable import printable
from planstore.cli.progress import counts, progress, spinner, step_bars, step_spinner, track

if TYPE_CHECKING:
    from pathlib import Path

    from planstore.cli.console import Console
    from planstore.cli.tables import Table

__all__ = [
    "Sink",
    "console",
    "counts",
    "data_output",
    "json_bytes",
    "print_error",
    "print_json",
    "print_json_array",
    "print_json_line",
    "print_line",
    "print_note",
    "print_pairs",
    "print_rows",
    "print_table",
    "print_warning",
    "progress",
    "shown_rows",
    "spinner",
    "step_bars",
    "step_spinner",
    "track",
]

_log = logging.getLogger("planstore.cli")

TERMINAL_ROWS = 50
"""Maximum rows of a table on a terminal without ``--limit``."""


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
    out.write(json_bytes(value, orjson.OPT_INDENT_2) + b"\n")
    out.flush()


def print_json_line(value: Any) -> None:
    """Print ``value`` as JSON on one line, and flush it."""
    out = data_output()
    out.write(json_bytes(value) + b"\n")
    out.flush()


def print_json_array(rows: Iterable[Any], out: Sink | None = None) -> None:
    """Stream rows as a JSON array to ``out`` or standard output, one row per line."""
    out = data_output() if out is None else out
    separator = b"[\n"
    for row in rows:
        out.write(separator + json_bytes(row))
        separator = b",\n"
    out.write(b"[]\n" if separator == b"[\n" else b"\n]\n")
    out.flush()


def json_bytes(value: Any, option: int = 0) -> bytes:
    """Return ``value`` as JSON; numbers that JSON cannot represent become null."""
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


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    more: str = "",
    least: Sequence[str] = (),
    short: Sequence[str] = (),
) -> None:
    """Print a table, followed by the line ``more`` unless that is empty.

    Args:
        title: heading above the table.
        columns: headings.
        rows: values of each row.
        more: a line after the table.
        least: names of the least important columns, which a narrow terminal leaves out first; then the last ones.
        short: names of the columns that show the first 12 digits of digests on a terminal; programs read a pipe.
    """
    out = console()
    if short and out.is_terminal:
        from planstore.pages.answers import in_prose

        is_short = [name in short for name in columns]
        rows = (
            [
                in_prose(value) if digest and value is not None else value
                for value, digest in zip(row, is_short, strict=True)
            ]
            for row in rows
        )
    _table(title, columns, rows, out.encoding).print(out, least)
    if more:
        print_line(more)


def shown_rows(limit: int | None, total: int) -> tuple[int, str]:
    """Return the number of rows to show of ``total``, and a line on the others, empty where there are none.

    Args:
        limit: the requested maximum; None means `TERMINAL_ROWS` on a terminal and all rows in a pipe.
        total: number of all rows.
    """
    if limit is None:
        limit = TERMINAL_ROWS if sys.stdout.isatty() else total
    return limit, f"{total - limit} more; --limit or --json shows them" if total > limit else ""


def print_rows(console: Console, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print the rows of a query as a table, or as one block per row where the table would be unreadable.

    In a pipe numbers have all their digits.
    """
    _table("", columns, rows, console.encoding, are_whole=not console.is_terminal).print_rows(console)


def _table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], encoding: str, *, are_whole: bool = False
) -> Table:
    from planstore.cli.tables import Table

    numbers = _whole_texts if are_whole else column_texts
    values = [list(row) for row in rows]
    by_column = list(zip(*values, strict=True)) if values else [()] * len(columns)
    texts = [
        [value if number is None else number for value, number in zip(column, numbers(column), strict=True)]
        for column in by_column
    ]
    return Table(
        _text(title, encoding),
        [_text(column, encoding) for column in columns],
        [[_text(value, encoding) for value in row] for row in (zip(*texts, strict=True) if values else ())],
        [any(map(is_number, column)) for column in by_column],
    )


def _whole_texts(values: Sequence[Any]) -> list[str | None]:
    return [repr(value) if isinstance(value, float) else None for value in values]


def print_line(text: str = "", to: Console | None = None) -> None:
    """Print a line of prose."""
    (to or console()).print(printable(text, lines=True), markup=False, highlight=False, soft_wrap=True)


def print_next(verb: str, *words: str | Path) -> None:
    """Print the next call: a verb, with the names of its arguments, and words that a shell must not divide."""
    print_line(f"Next: planstore {verb} {shlex.join(map(str, words))}")


def print_pairs(pairs: Mapping[str, Any]) -> None:
    """Print names and values, one pair a line."""
    width = max(len(name) for name in pairs)
    for name, value in pairs.items():
        print_line(f"  {name:<{width}}  {_plain_text(value)}")


def print_note(text: str) -> None:
    """Log prose as a note, on standard error, because standard output is for data."""
    _log.log(NOTICE, "%s", text)


def print_warning(text: str) -> None:
    """Log prose as a warning."""
    _log.warning("%s", text)


def print_error(text: str, **fields: Any) -> None:
    """Log prose as an error, which no option silences; logs in JSON have the fields too."""
    _log.error("%s", text, extra=fields)


def _text(value: Any, encoding: str) -> str:
    # because the width of a column follows from its escaped text
    return _plain_text(value).encode(encoding, "backslashreplace").decode(encoding)


def _plain_text(value: Any) -> str:
    return value_text(value, text=lambda other: printable(str(other)))


def _json_default(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
