"""Tables for people: no identifier is folded or cut, and in a pipe nothing is.

On a terminal a table has the columns that fit; only texts of several words are folded, between words.
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


@dataclass(frozen=True)
class _Column:
    """One column: its heading, its texts, and whether all its values are numbers."""

    heading: str
    texts: list[str]
    is_numeric: bool

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

        Args:
            console: where to print.
            least: names of the columns to leave out first, where not all fit; then the last ones.
        """
        if isinstance(console, PipeConsole) or not console.is_terminal:
            self._print_unfolded(console)
            return
        shown, left_out = self._fitting(console.width, least)
        if shown is None:
            self.print_blocks(console)
            return
        self._print_columns(console, shown)
        if left_out:
            console.print(
                f"too narrow for {', '.join(filter(None, left_out))}: a wider terminal, a pipe or --json shows them",
                markup=False, style="dim", soft_wrap=True,
            )  # fmt: skip

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
        if self._title:
            console.print(self._title, style="bold", markup=False, soft_wrap=True)
        widest = max(cell_len(column.heading) for column in self._columns)
        for number in range(len(self._rows)):
            console.rule(f"row {number + 1}", align="left", characters="-", style="dim")
            for column in self._columns:
                line = f"{column.heading:<{widest}}  {column.texts[number]}"
                console.print(line.rstrip(), markup=False, soft_wrap=True)

    def _fitting(self, width: int, least: Sequence[str]) -> tuple[list[_Column] | None, list[str]]:
        """Return the columns that fit into ``width``, or None where not even one does, and the names of the others."""
        shown, left_out = list(self._columns), list[str]()
        order = [column for name in least for column in self._columns if column.heading == name]
        order += [column for column in reversed(self._columns) if column not in order]
        for column in order:
            if _total([one.min_width for one in shown]) <= width:
                return shown, left_out
            shown.remove(column)
            left_out.append(column.heading)
        return None, left_out

    def _print_unfolded(self, console: Console) -> None:
        if self._title:
            console.print(self._title, markup=False, soft_wrap=True)
        lines = zip(*(_aligned(column, column.width) for column in self._columns), strict=True)
        for line in lines:
            console.file.write((" " * GAP).join(line).rstrip() + "\n")

    def _print_columns(self, console: RichConsole, columns: Sequence[_Column]) -> None:
        from rich.table import Table as RichTable
        from rich.text import Text

        table = RichTable(
            title=Text(self._title) if self._title else None,
            title_justify="left",
            title_style="bold",
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
