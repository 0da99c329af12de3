"""Tables for people: no identifier is folded or cut, and in a pipe nothing is.

On a terminal a table has the columns that fit, the most important first; where not all fit, none without a value. Only
texts of several words are folded, between words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from planstore.cli.console import PipeConsole

if TYPE_CHECKING:
    from rich.console import Console as RichConsole

    from planstore.cli.console import Console

GAP = 2
"""Blanks between two columns."""
FOLDED_FROM = 24
"""Minimum width, in characters, of a column of folded texts."""
MAX_ROW_WIDTH = 400
"""Maximum readable width, in characters, of the rows of a query without folds."""
MAX_ROW_LINES = 4
"""Maximum readable number of lines per row of a query."""


@dataclass(frozen=True, eq=False)
class _Column:
    """One column: its heading, its texts, and whether all its values are numbers."""

    heading: str
    texts: list[str]
    is_numeric: bool

    @property
    def is_empty(self) -> bool:
        """Whether no row has a value."""
        return not any(self.texts)

    @property
    def width(self) -> int:
        """Width in cells without folds."""
        return max(cell_len(text) for text in (self.heading, *self.texts))

    @property
    def min_width(self) -> int:
        """Minimum width in cells: a word is never folded, nor a text of up to `FOLDED_FROM` cells."""
        texts = (self.heading, *self.texts)
        words = (cell_len(word) for text in texts for word in text.split())
        return max(min(self.width, FOLDED_FROM), *words, 0)


class Table:
    """Table of texts.

    Args:
        title: heading above the table; empty for none.
        columns: headings.
        rows: texts of each row.
        numeric: whether the values of each column are numbers, which are aligned to the right.
    """

    def __init__(
        self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[bool]
    ) -> None:
        self._title = title
        self._rows = [list(row) for row in rows]
        self._columns = [
            _Column(heading, [row[place] for row in self._rows], numeric[place])
            for place, heading in enumerate(columns)
        ]

    def print(self, console: Console, least: Sequence[str] = ()) -> None:
        """Print the table, with a line that names the columns for which the terminal is too narrow.

        A table without rows is its title.

        Args:
            console: where to print.
            least: names of the least important columns, the least first; the others follow from the last to the first.
        """
        if not self._rows:
            self._print_title(console)
            return
        if isinstance(console, PipeConsole) or not console.is_terminal:
            self._print_unfolded(console)
            return
        important = self._by_importance(least)
        shown = _fitting(important, console.width)
        if important[0] not in shown:
            self.print_blocks(console)
            return
        self._print_columns(console, [column for column in self._columns if column in shown])
        left_out = [column for column in reversed(important) if column not in shown]
        notes = (
            (
                "too narrow for {}: a wider terminal, a pipe or --json shows them",
                [c for c in left_out if not c.is_empty],
            ),
            ("left out without a value: {}", [c for c in left_out if c.is_empty]),
        )
        for note, columns in notes:
            names = [column.heading for column in columns if column.heading]
            if names:
                console.print(note.format(", ".join(names)), markup=False, style="dim", soft_wrap=True)

    def print_rows(self, console: Console) -> None:
        """Print the rows of a query as a table with all columns, or as one block per row where that is unreadable."""
        full = _total([column.width for column in self._columns])
        if isinstance(console, PipeConsole) or not console.is_terminal:
            if not self._rows or full <= MAX_ROW_WIDTH:
                self._print_unfolded(console)
                return
        elif not self._rows or (
            _total([column.min_width for column in self._columns]) <= console.width
            and full <= MAX_ROW_LINES * console.width
        ):
            self._print_columns(console, self._columns)
            return
        self.print_blocks(console)

    def print_blocks(self, console: Console) -> None:
        """Print each row as a block, one line per column."""
        self._print_title(console)
        widest = max(cell_len(column.heading) for column in self._columns)
        for number in range(len(self._rows)):
            console.rule(f"row {number + 1}", align="left", characters="-", style="dim")
            for column in self._columns:
                line = f"{column.heading:<{widest}}  {column.texts[number]}"
                console.print(line.rstrip(), markup=False, soft_wrap=True)

    def _by_importance(self, least: Sequence[str]) -> list[_Column]:
        """Return the columns, the most important first, and those without a value last."""
        columns = [column for column in self._columns if column.heading not in least]
        columns += [column for name in reversed(least) for column in self._columns if column.heading == name]
        return sorted(columns, key=lambda column: column.is_empty)

    def _print_title(self, console: Console) -> None:
        if self._title:
            console.print(self._title, style="bold", markup=False, soft_wrap=True)

    def _print_unfolded(self, console: Console) -> None:
        self._print_title(console)
        lines = zip(*(_aligned(column, column.width) for column in self._columns), strict=True)
        for line in lines:
            console.file.write((" " * GAP).join(line).rstrip() + "\n")

    def _print_columns(self, console: RichConsole, columns: Sequence[_Column]) -> None:
        from rich.table import Table as RichTable
        from rich.text import Text

        self._print_title(console)  # by itself, because Rich would fold it to the width of the table
        table = RichTable(
            box=None,
            pad_edge=False,
            header_style="dim",
            padding=(0, GAP, 0, 0),
        )
        for column, width in zip(columns, _widths(columns, console.width), strict=True):
            table.add_column(Text(column.heading), justify="right" if column.is_numeric else "left", width=width)
        for row in zip(*(column.texts for column in columns), strict=True):
            table.add_row(*map(Text, row))
        console.print(table)


def _total(widths: Sequence[int]) -> int:
    """Return the width of a table in cells."""
    return sum(widths) + GAP * (len(widths) - 1)


def _fitting(columns: Sequence[_Column], width: int) -> list[_Column]:
    """Return all columns if they fit into ``width`` cells, else each with a value that fits alongside those before."""
    if _total([column.min_width for column in columns]) <= width:
        return list(columns)
    shown: list[_Column] = []
    for column in columns:
        if not column.is_empty and _total([one.min_width for one in (*shown, column)]) <= width:
            shown.append(column)
    return shown


def _widths(columns: Sequence[_Column], width: int) -> list[int]:
    """Return the width of each column: what its longest word needs, and a share of the rest for longer texts."""
    found = [column.min_width for column in columns]
    spare = width - _total(found)
    wanting = sorted(range(len(columns)), key=lambda place: columns[place].width - found[place])
    for position, place in enumerate(wanting):
        more = min(columns[place].width - found[place], spare // (len(wanting) - position))
        found[place] += more
        spare -= more
    return found


def _aligned(column: _Column, width: int) -> list[str]:
    """Return the heading and the texts of a column, padded to ``width`` cells."""
    padded = []
    for text in (column.heading, *column.texts):
        blanks = " " * (width - cell_len(text))
        padded.append(blanks + text if column.is_numeric else text + blanks)
    return padded
