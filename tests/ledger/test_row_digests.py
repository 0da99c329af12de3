"""Rows are digested in the order of their positions, in whatever order they are stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pyarrow as pa
import pytest

from planstore.database.session import Session
from planstore.events.digest import RowsDigest
from planstore.ledger.row_digests import EventRows, counted_rows, read_commits
from planstore.ledger.scratch import scratch_ledger


@pytest.fixture
def session() -> Iterator[Session]:
    with closing(scratch_ledger()) as opened:
        yield opened


def rows(*places: tuple[int, int | None]) -> pa.Table:
    """Return decisions of commits at positions, each with a route that says both."""
    schema = pa.schema(
        [("commit_id", pa.int64()), ("position", pa.int32())]
        + [(name, pa.string()) for name in ("run_id", "target", "symbol", "route", "cs_state", "local_state")]
        + [(name, pa.string()) for name in ("cs_stability", "local_stability", "rule")]
        + [("reasons", pa.list_(pa.string())), ("override_id", pa.string())]
    )
    return pa.Table.from_pylist(
        [{"commit_id": c, "position": p, "route": f"{c}/{p}", "reasons": ["why"] * (c + 1)} for c, p in places], schema
    )


def store(session: Session, stored: pa.Table) -> None:
    with session.registered("copied_decisions", stored):
        session.run("scratch/copy_decisions")


def header(commit_id: int, first: int, whole: pa.Table) -> dict[str, Any]:
    """Return a header that counts ``first - 1`` artifacts, then the given decisions."""
    digest = RowsDigest.of_table(whole).hexdigest()
    counts = [{"table": "artifacts", "rows": first - 1, "digest": "0"}] * (first > 1)
    return {
        "commit_id": commit_id,
        "counts": [*counts, {"table": "decisions", "rows": whole.num_rows, "digest": digest}],
    }


def test_stretches_are_hashed_in_their_turn(session: Session) -> None:
    one, two = rows(*((1, p) for p in range(3, 9))), rows(*((2, p) for p in range(1, 5)))
    store(session, pa.concat_tables([two.slice(2), one.slice(4), one.slice(0, 2), two.slice(0, 2), one.slice(2, 2)]))
    commits = [header(1, 3, one), header(2, 1, two)]
    read = read_commits(session, "decisions", 1, 2, counted_rows(commits, "decisions"))
    assert read.digests == {1: (6, RowsDigest.of_table(one).hexdigest()), 2: (4, RowsDigest.of_table(two).hexdigest())}
    assert list(EventRows(session, commits).findings("decisions")) == []


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        ([(1, 1), (1, 2), (1, 2), (1, 3)], "it holds 4 rows, its header counts 3"),
        ([(1, 1), (1, 2), (1, 3), (2, 1), (1, 2)], "it holds 4 rows, its header counts 3"),
        ([(1, 1), (1, 3)], "it holds 2 rows, its header counts 3"),
        ([(1, 1), (1, 2), (1, 4)], "its rows have the digest"),
        ([(1, 1), (1, 2), (1, None)], "its rows have the digest"),
        ([(1, 1), (1, 1), (1, 3)], "its rows have the digest"),
    ],
)
def test_altered_positions_are_found_in_their_commit_alone(
    session: Session, stored: list[tuple[int, int | None]], problem: str
) -> None:
    second = rows((2, 1), (2, 2))
    store(session, pa.concat_tables([rows(*stored), second.slice(sum(place[0] == 2 for place in stored))]))
    events = EventRows(session, [header(1, 1, rows((1, 1), (1, 2), (1, 3))), header(2, 1, second)])
    found = [*events.findings("decisions"), *events.misnumbered()]
    assert {one.commit_id for one in found} == {1}
    assert found[0].problem.startswith(problem)


def test_positions_that_the_header_digests_but_that_leave_a_gap_are_found(session: Session) -> None:
    gap, whole = rows((1, 1), (1, 3)), rows((2, 2), (2, 1))
    store(session, pa.concat_tables([gap, whole]))
    events = EventRows(session, [header(1, 1, gap), header(2, 1, whole.take([1, 0]))])
    assert list(events.findings("decisions")) == []
    (found,) = events.misnumbered()
    assert (found.commit_id, found.where) == (1, "positions")
    assert found.problem == "its 2 events have 2 positions from 1 to 3"
