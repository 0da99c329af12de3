"""Documentation of views, macros and columns, parsed from the comments in ``sql/``.

The head of a file starts with a summary of the object. Then each line ``-- name: meaning`` documents a column or an
argument, and ``-- jobs.*`` stands for the columns of another object. A comment after a table's column documents it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from planstore.database import sql
from planstore.database.macros import MACROS

_NAMED = re.compile(r"-- (\w+): (.+)")
_SAME_AS = re.compile(r"-- ((?:lake\.)?\w+)\.\*")
_COLUMN = re.compile(r' {4}"?(\w+)"?\s+[A-Z].*?-- (.+)')
_SIGNATURE = re.compile(r"MACRO (\w+\(.*?\)) AS(?: (TABLE))?", re.DOTALL)


@dataclass(frozen=True)
class Meaning:
    """Documentation of one view or macro.

    Attributes:
        summary: description of the object, or of one row of it.
        named: descriptions of its own columns and, for a macro, of its arguments.
        same_as: views, or tables such as ``lake.jobs``, whose columns it includes.
        signature: the macro's signature, such as ``cs_jobs(plan := NULL)``; None for a view.
        is_table: whether it is used in a FROM clause.
    """

    summary: str
    named: dict[str, str]
    same_as: tuple[str, ...]
    signature: str | None
    is_table: bool

    def columns(self) -> dict[str, str]:
        """Return the description of each column, included objects' columns first."""
        columns: dict[str, str] = {}
        for name in self.same_as:
            columns |= meaning_of(name).columns()
        return columns | self.named


def meaning_of(name: str) -> Meaning:
    """Return the documentation of a view or macro, or of a table such as ``lake.jobs``.

    Raises:
        FileNotFoundError: there is no SQL file of that name.
    """
    if name.startswith("lake."):
        return _read(sql.load(f"schema/tables/{name.removeprefix('lake.')}"))
    return _read(sql.load(f"macros/{name}" if name in MACROS else f"schema/views/{name}"))


def _read(text: str) -> Meaning:
    summary, named, same_as = [], {}, []
    head, create, body = sql.without_graph(text).partition("CREATE")
    for line in head.splitlines():
        if match := _SAME_AS.fullmatch(line):
            same_as.append(match[1])
        elif match := _NAMED.fullmatch(line):
            named[match[1]] = match[2]
        else:
            summary.append(line.removeprefix("--").strip())
    named |= {match[1]: match[2] for line in body.splitlines() if (match := _COLUMN.fullmatch(line))}
    signature = _SIGNATURE.search(create + body)
    return Meaning(
        " ".join(summary),
        named,
        tuple(same_as),
        signature and signature[1],
        signature is None or signature[2] is not None,
    )
