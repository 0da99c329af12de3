"""Answers: results that print as prose, show as HTML in notebooks, and are frames where they are tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from planstore.checks.number_text import column_texts, is_number
from planstore.checks.value_text import value_text

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

T = TypeVar("T")
SHOWN_ROWS = 10
"""Maximum number of rows in the prose of a table."""
HTML_ROWS = 100
"""Maximum number of rows in the HTML of a table."""
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


class Answer:
    """A result whose ``str`` is prose: a sentence, and details on further lines.

    A class of answers defines ``__str__``. Digests are shortened in prose and HTML alone, never in data.
    """

    def __repr__(self) -> str:
        first = str(self).partition("\n")[0]
        name = type(self).__name__
        return f"<{first}>" if first.startswith(name) else f"<{name}: {first}>"

    def _repr_html_(self) -> str:
        first, *others = str(self).splitlines() or [""]
        return f"<p><b>{escape(first)}</b></p>" + "".join(f"<div>{escape(line)}</div>" for line in others)


class TableAnswer(Answer):
    """An answer that is a table as well.

    A class of such answers defines ``records``, and may name the columns that prose and HTML show.
    """

    def shown_columns(self) -> Sequence[str]:
        """Return the columns that prose and HTML show; empty means all."""
        return ()

    def records(self) -> Sequence[Mapping[str, Any]]:
        """Return the rows."""
        raise NotImplementedError

    def head(self, number: int) -> Sequence[Mapping[str, Any]]:
        """Return the first rows."""
        return self.records()[:number]

    def arrow(self) -> pa.Table:
        """Return the rows as an Arrow table; a column with values of several types becomes text."""
        import pyarrow as pa

        rows = self.records()
        names = list(dict.fromkeys(name for row in rows for name in row)) or list(self.shown_columns())
        return pa.table({name: _column([_plain(row.get(name)) for row in rows]) for name in names})

    def df(self) -> pd.DataFrame:
        """Return the rows as a pandas frame."""
        return to_pandas(self.arrow())

    def pl(self) -> pl.DataFrame:
        """Return the rows as a Polars frame; Polars must be installed."""
        import polars as pl

        frame = pl.from_arrow(self.arrow())
        assert isinstance(frame, pl.DataFrame), "a table becomes a frame"
        return frame

    def _repr_html_(self) -> str:
        return super()._repr_html_() + html_table(self.head(HTML_ROWS + 1), self.shown_columns())


class ResultRows(list[T], TableAnswer):
    """A list of results that is a table: also ``.arrow()``, ``.df()`` and ``.pl()``.

    Args:
        rows: mappings, or results with ``as_dict``.
        title: the rows in one sentence.
        shown: the columns that prose and HTML show; empty means all.
        as_shown: the row that prose and HTML show of a result; None means as it is.
    """

    def __init__(
        self,
        rows: Iterable[T],
        title: str,
        shown: Sequence[str] = (),
        as_shown: Callable[[T], Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__(rows)
        self.title = title
        self._shown = shown
        self._as_shown = as_shown

    def shown_columns(self) -> Sequence[str]:
        """Return the columns that prose and HTML show; empty means all."""
        return self._shown

    def records(self) -> Sequence[Mapping[str, Any]]:
        """Return the rows as mappings."""
        return [row if isinstance(row, Mapping) else row.as_dict() for row in self]  # type: ignore[attr-defined]

    def _shown_rows(self, number: int) -> Sequence[Mapping[str, Any]]:
        return self.head(number) if self._as_shown is None else [self._as_shown(row) for row in self[:number]]

    def __str__(self) -> str:
        table = text_table(self._shown_rows(SHOWN_ROWS), self.shown_columns())
        more = f"\n… and {len(self) - SHOWN_ROWS} more" if len(self) > SHOWN_ROWS else ""
        return self.title + (f"\n{table}" if table else "") + more

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(self.title)}</b></p>" + html_table(self._shown_rows(HTML_ROWS + 1), self.shown_columns())


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a pandas frame; dates are times, and decimal numbers are doubles, as pandas has them."""
    import pyarrow as pa

    fields = [field.with_type(pa.float64()) if pa.types.is_decimal(field.type) else field for field in table.schema]
    return table.cast(pa.schema(fields)).to_pandas(date_as_object=False)


def text_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """Return rows as aligned text, numbers to the right."""
    names = _columns(rows, columns)
    texts, right = _cells(rows, names)
    widths = [max(len(text) for text in column) for column in zip(names, *texts, strict=True)]
    return "\n".join(
        "  ".join(
            text.rjust(width) if is_right else text.ljust(width)
            for text, width, is_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in ([list(names), *texts] if rows else [])
    )


def html_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """Return the first rows as an HTML table, every value escaped."""
    if not rows:
        return ""
    names = _columns(rows, columns)
    texts, right = _cells(rows[:HTML_ROWS], names)
    styles = [' style="text-align:right"' if is_right else "" for is_right in right]
    head = "".join(f"<th{style}>{escape(name)}</th>" for name, style in zip(names, styles, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{style}>{escape(text)}</td>" for text, style in zip(line, styles, strict=True)) + "</tr>"
        for line in texts
    )
    more = "<div>…</div>" if len(rows) > HTML_ROWS else ""
    return f"<table><tr>{head}</tr>{body}</table>{more}"


def in_prose(value: Any) -> str:
    """Return a value as prose shows it: six significant digits, minutes of times, the first 12 digits of digests."""
    return value_text(value, time="%Y-%m-%d %H:%M", text=_with_short_digests)


def _with_short_digests(value: Any) -> str:
    return _DIGEST.sub(lambda found: found[0][:12], str(value))


def counted(counts: Mapping[str, int], none: str = "none") -> str:
    """Return counts in words: ``3 succeeded, 1 failed``."""
    return ", ".join(f"{number} {name}" for name, number in counts.items()) or none


def plural(number: int, noun: str) -> str:
    """Return a number and its noun: ``1 run``, ``2 runs``."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def _columns(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Sequence[str]:
    return columns or list(dict.fromkeys(name for row in rows for name in row))


def _cells(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> tuple[list[list[str]], list[bool]]:
    """Return the texts of rows, and whether each column holds numbers alone, which are aligned to the right."""
    columns, right = [], []
    for name in names:
        values = [row.get(name) for row in rows]
        right.append(all(value is None or is_number(value) for value in values))
        numbers = column_texts(values)
        columns.append([in_prose(value) if text is None else text for value, text in zip(values, numbers, strict=True)])
    return [list(line) for line in zip(*columns, strict=True)], right


def _column(values: list[Any]) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values])


def _plain(value: Any) -> Any:
    """Return a value that Arrow knows: mappings without keys are null, because Arrow has no empty structs to write."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()} or None
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
