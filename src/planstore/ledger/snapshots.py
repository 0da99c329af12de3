"""Snapshots: when the catalog says that rows came. Each commit is of one, and later commits are of later ones.

Whoever shifts them alters no row that is there now, yet rows that are said to begin or end later will come or go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from planstore.database.session import Session

Problem: TypeAlias = tuple[str, int | None, str]
"""A table, a commit (None: of no single one), and what is wrong."""


@dataclass(frozen=True)
class _Stated:
    """What the catalog says of some rows.

    Attributes:
        table: the table that they are in.
        what: which rows they are.
        commit_id: their commit; None where there is none, which is told elsewhere.
        snapshot: the snapshot that they are said to be of.
        begin: the one that their table begins at: rows that were laid out anew are of that.
    """

    table: str
    what: str
    commit_id: int | None
    snapshot: int
    begin: int


def shifted_snapshots(session: Session) -> Iterator[Problem]:
    """Yield where the catalog contradicts itself about when something came."""
    for statement in ("snapshots_out_of_range", "snapshots_of_versions"):
        for table, problem in session.rows(f"verify/{statement}"):
            yield table, None, problem
    yield from _ended_rows(session)
    stated = [*_of_rows(session), *_of_files(session)]
    events = [one for one in stated if one.table != "plan_documents"]
    of_commit: dict[int, int] = {}
    for one in sorted(events, key=lambda one: one.table != "commits"):
        if one.commit_id is not None:
            of_commit.setdefault(one.commit_id, one.snapshot)
    yield from _out_of_order(of_commit)
    for one in stated:
        # because of commits whose rows were all merged with others', the catalog does not say any more
        if one.commit_id in of_commit and one.snapshot != max(of_commit[one.commit_id], one.begin):
            problem = (
                f"{one.what} is said to be of snapshot {one.snapshot}, the commit is of {of_commit[one.commit_id]}"
            )
            yield one.table, one.commit_id, problem


def _of_rows(session: Session) -> Iterator[_Stated]:
    """Yield what is said of rows inside the catalog."""
    for table, inlined, begin in _inlined(session):
        statement = "snapshots_of_documents" if table == "plan_documents" else "snapshots_of_rows"
        for commit_id, snapshot in session.rows(f"verify/{statement}", inlined=inlined):
            yield _Stated(table, "a row", commit_id, snapshot, begin)


def _of_files(session: Session) -> Iterator[_Stated]:
    """Yield what is said of the first and of the last rows of each file."""
    for file in session.records("verify/snapshots_of_files"):
        for end in ("first", "last"):
            what = f"the {end} row of {file['path']}"
            yield _Stated(file["table"], what, file[f"{end}_commit"], file[f"{end}_snapshot"], file["begin_snapshot"])


def _ended_rows(session: Session) -> Iterator[Problem]:
    """Yield rows in the catalog that are said to end: none ever does, and a table that ends takes its rows along."""
    for table, inlined, _ in _inlined(session):
        for rows, end in session.rows("verify/ended_rows", inlined=inlined):
            yield table, None, f"{rows} of its rows are said to end at snapshot {end}"


def _inlined(session: Session) -> Iterator[tuple[str, str, int]]:
    """Yield each table, a table of the catalog that holds rows of it, and the snapshot that it begins at."""
    for table, name, begin in session.rows("verify/inlined_tables"):
        yield table, f"__ducklake_metadata_lake.{name}", begin


def _out_of_order(of_commit: dict[int, int]) -> Iterator[Problem]:
    previous = -1
    for commit_id, snapshot in sorted(of_commit.items()):
        if snapshot <= previous:
            yield "commits", commit_id, f"it is said to be of snapshot {snapshot}, and an earlier commit of {previous}"
        previous = snapshot
