"""Verification of snapshots: each commit's rows have one snapshot, and later commits have no earlier ones.

Shifted snapshots alter no current row, but rows with a later begin or end would appear or disappear.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from planstore.database.session import Session

Problem: TypeAlias = tuple[str, int | None, str]
"""A table, a commit (None: several commits), and the problem."""


@dataclass(frozen=True)
class _Stated:
    """The snapshot that the catalog states for some rows.

    Attributes:
        table: the table of the rows.
        what: description of the rows.
        commit_id: their commit; None for an unreadable one, which another check reports.
        snapshot: their stated snapshot.
        begin: first snapshot of their table: rewritten rows have this snapshot.
    """

    table: str
    what: str
    commit_id: int | None
    snapshot: int
    begin: int


def shifted_snapshots(session: Session) -> Iterator[Problem]:
    """Yield the contradictions between the catalog's snapshots."""
    for statement in ("snapshots_out_of_range", "snapshots_of_versions"):
        for table, problem in session.rows(f"verify/{statement}"):
            yield table, None, problem
    yield from _ended_rows(session)
    stated = [*_of_rows(session), *_of_files(session)]
    events = [item for item in stated if item.table != "plan_documents"]
    of_commit: dict[int, int] = {}
    for item in sorted(events, key=lambda item: item.table != "commits"):
        if item.commit_id is not None:
            of_commit.setdefault(item.commit_id, item.snapshot)
    yield from _out_of_order(of_commit)
    for item in stated:
        # because the catalog no longer states the snapshot of a commit whose rows were all merged with others'
        if item.commit_id in of_commit and item.snapshot != max(of_commit[item.commit_id], item.begin):
            problem = (
                f"{item.what} is said to be of snapshot {item.snapshot}, the commit is of {of_commit[item.commit_id]}"
            )
            yield item.table, item.commit_id, problem


def _of_rows(session: Session) -> Iterator[_Stated]:
    """Yield the stated snapshots of rows in the catalog."""
    for table, inlined, begin in _inlined(session):
        statement = "snapshots_of_documents" if table == "plan_documents" else "snapshots_of_rows"
        for commit_id, snapshot in session.rows(f"verify/{statement}", inlined=inlined):
            yield _Stated(table, "a row", commit_id, snapshot, begin)


def _of_files(session: Session) -> Iterator[_Stated]:
    """Yield the stated snapshots of the first and last rows of each file."""
    for file in session.records("verify/snapshots_of_files"):
        for end in ("first", "last"):
            what = f"the {end} row of {file['path']}"
            yield _Stated(file["table"], what, file[f"{end}_commit"], file[f"{end}_snapshot"], file["begin_snapshot"])


def _ended_rows(session: Session) -> Iterator[Problem]:
    """Yield rows in the catalog with an end snapshot: rows never end, except with their whole table."""
    for table, inlined, _ in _inlined(session):
        for rows, end in session.rows("verify/ended_rows", inlined=inlined):
            yield table, None, f"{rows} of its rows are said to end at snapshot {end}"


def _inlined(session: Session) -> Iterator[tuple[str, str, int]]:
    """Yield each table with its catalog table of inlined rows and its first snapshot."""
    for table, name, begin in session.rows("verify/inlined_tables"):
        yield table, f"__ducklake_metadata_lake.{name}", begin


def _out_of_order(of_commit: dict[int, int]) -> Iterator[Problem]:
    previous = -1
    for commit_id, snapshot in sorted(of_commit.items()):
        if snapshot < previous:  # because a copy has several commits in one snapshot
            yield "commits", commit_id, f"it is said to be of snapshot {snapshot}, and an earlier commit of {previous}"
        previous = snapshot
