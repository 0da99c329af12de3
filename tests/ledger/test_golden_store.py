"""A store of format 1, kept as it was made: whoever changes planstore must still read it."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

import planstore
import samples
from planstore.ledger.ledger import FORMAT
from planstore.ledger.migrate import migrate

ARCHIVE = Path(__file__).parents[1] / "golden_store" / "format-1.tar.xz"
ANCHOR = "5:4b02828d9312746a418ee2ed38ef429a4ff2c8b1dbd1fe42d15b83de86fd3125"
EVENTS = 926


@pytest.fixture
def results(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "results"


def test_the_kept_store_is_of_the_format_that_is_written_now(results: Path) -> None:
    assert FORMAT == 1, "keep a store of the new format as well, and a migration from this one"
    assert migrate(results / "planstore").after == FORMAT


def test_the_kept_store_holds_what_was_anchored(results: Path) -> None:
    with planstore.open(results, create=False) as store:
        verified = store.verify(ANCHOR)
        assert [str(finding) for finding in verified.findings] == []
        assert verified.anchor == ANCHOR


def test_the_kept_store_answers_as_it_did(results: Path) -> None:
    with planstore.open(results, create=False) as store:
        assert store.sql("select count(*) from history").fetchall() == [(EVENTS,)]
        kinds = store.sql("select kind, run_id, idempotency_key from commits order by commit_id").fetchall()
        assert kinds == [
            ("run", "run-0", "key-0"),
            ("run", "run-1", "key-1"),
            ("status", None, None),
            ("run", "run-2", None),
            ("status", None, None),
        ]
        why = store.why("y_up_01_10m", "SYM00", run_id="run-0")
        assert (why.route, why.rule) == ("ROUTE_BLOCKED", "BOTH_DISALLOWED")
        assert store.run("run-0").plan_id == ("c849e7cd7bc4bbb92395377d5add52d1799b92021cad430955b731166d554e76")
        found = store.sql("select status, worker, error from job_status order by commit_id").fetchall()
        assert found == [("running", "w", None), ("failed", None, "no memory")]


def test_the_kept_store_is_written_on_rebuilt_and_exported(results: Path) -> None:
    with planstore.open(results, create=False) as store:
        again = store.route(samples.table(samples.records(12, 12)), samples.policy(), run_id="again")
        assert again.evidence_id == store.run("run-0").evidence_id
        assert store.rebuild().same
        assert store.export().run_id == store.run().run_id
        assert store.verify(ANCHOR).holds
