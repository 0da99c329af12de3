"""What the views, macros and columns that a reader sees mean: read from the comments beside them in ``sql/``.

A file's head says first what the object is, then, a line each, ``-- name: meaning`` of a column or an argument, and
``-- jobs.*`` where it has the columns of another object. A table has the meaning of each column behind the column.
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
    """What one view or macro means.

    Attributes:
        summary: what it is, or what one row of it is.
        named: meanings of its own columns and, for a macro, of its arguments.
        same_as: views, or tables such as ``lake.jobs``, whose columns it has.
        signature: how a macro is called, as in ``cs_jobs(plan := NULL)``; None for a view.
        is_table: whether it stands after FROM.
    """

    summary: str
    named: dict[str, str]
    same_as: tuple[str, ...]
    signature: str | None
    is_table: bool

    def columns(self) -> dict[str, str]:
        """Return the meaning of each column, those that other objects have as well first."""
        found: dict[str, str] = {}
        for name in self.same_as:
            found |= meaning_of(name).columns()
        return found | self.named


def meaning_of(name: str) -> Meaning:
    """Return the meaning of a view or macro of the session, or of a table, as in ``lake.jobs``.

    Raises:
        FileNotFoundError: there is no file of that name.
    """
    if name.startswith("lake."):
        return _read(sql.load(f"schema/tables/{name.removeprefix('lake.')}"))
    return _read(sql.load(f"macros/{name}" if name in MACROS else f"schema/views/{name}"))


def _read(text: str) -> Meaning:
    summary, named, same_as = [], {}, []
    head, create, body = sql.without_graph(text).partition("CREATE")
    for line in head.splitlines():
        if found := _SAME_AS.fullmatch(line):
            same_as.append(found[1])
        elif found := _NAMED.fullmatch(line):
            named[found[1]] = found[2]
        else:
            summary.append(line.removeprefix("--").strip())
    named |= {found[1]: found[2] for line in body.splitlines() if (found := _COLUMN.fullmatch(line))}
    signature = _SIGNATURE.search(create + body)
    return Meaning(
        " ".join(summary),
        named,
        tuple(same_as),
        signature and signature[1],
        signature is None or signature[2] is not None,
    )
