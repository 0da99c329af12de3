"""Stores of each format, kept as they were made: whoever changes planstore must still bring them up and read them."""

from __future__ import annotations

import tarfile
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import planstore
import samples
from planstore.database.session import Session
from planstore.errors import StoreVersionError
from planstore.events import hashing
from planstore.ledger.layout import StoreLayout
from planstore.ledger.marker import FORMAT, read_marker
from planstore.ledger.migration import Migrated, migrate

ARCHIVE = Path(__file__).parents[1] / "golden_store" / "format-1.tar.xz"
ANCHOR = "5:4b02828d9312746a418ee2ed38ef429a4ff2c8b1dbd1fe42d15b83de86fd3125"
EVENTS = 926


@pytest.fixture
def results(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    migrate(tmp_path / "results" / "planstore")
    return tmp_path / "results"


def test_a_store_of_an_older_format_says_that_it_is_one_and_is_left_alone(tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    with pytest.raises(StoreVersionError, match="planstore migrate"):
        planstore.open(tmp_path / "results", create=False)
    assert read_marker(StoreLayout.in_results(tmp_path / "results").marker) == {"format": 1}


def test_a_store_with_digests_of_another_algorithm_is_not_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    monkeypatch.setattr(hashing, "SINCE_FORMAT", 2)
    with pytest.raises(StoreVersionError, match=f"has format 1, this planstore knows formats 2 to {FORMAT}"):
        migrate(tmp_path / "results" / "planstore")
    assert read_marker(StoreLayout.in_results(tmp_path / "results").marker) == {"format": 1}


def test_a_migration_that_was_killed_before_its_end_is_run_again(results: Path) -> None:
    StoreLayout.in_results(results).marker.write_text('{"format": 1}')
    assert migrate(results / "planstore") == Migrated(1, FORMAT, (), ())
    assert migrate(results / "planstore") == Migrated(FORMAT, FORMAT, (), ())
    with planstore.open(results, create=False) as store:
        assert store.integrity.verify(ANCHOR).holds


def test_rows_are_moved_into_files_on_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads, rows = dict[str, object](), Session.rows

    def noted(session: Session, statement: str, /, **values: object) -> list[tuple[object, ...]]:
        found = session._connection.execute("select current_setting('threads')").fetchone()
        threads[statement] = found[0] if found else None
        return rows(session, statement, **values)

    monkeypatch.setenv("PLANSTORE_THREADS", "4")
    monkeypatch.setattr(Session, "rows", noted)
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    migrate(tmp_path / "results" / "planstore")
    with planstore.open(tmp_path / "results", create=False) as store:
        store.maintenance.compact()
    steps = {statement: number for statement, number in threads.items() if statement.startswith("maintenance/")}
    assert steps == {
        "maintenance/flush_table": 1,
        "maintenance/flush": 1,
        "maintenance/merge": 4,
        "maintenance/remove_orphans": 4,
    }


def test_a_migrated_store_keeps_nulls_beside_scores(results: Path) -> None:
    table = samples.table([row | {"null_score": 0.5} for row in samples.records(2, 2)])
    with planstore.open(results, create=False) as store:
        store.route(table, samples.policy(), run_id="with nulls")
        found = store.sql("select run_id, count(null_score) from candidates where run_id like '%n%' group by all")
        assert dict(found.fetchall())["with nulls"] == 6
        assert dict(found.fetchall()) | {"with nulls": 0} == dict.fromkeys(["run-0", "run-1", "run-2", "with nulls"], 0)
        assert store.integrity.verify(ANCHOR).holds


def test_a_store_of_the_format_before_takes_p_values_once_it_is_migrated(tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE.with_name("format-3.tar.xz")) as archive:
        archive.extractall(tmp_path, filter="data")
    migrated = migrate(tmp_path / "results" / "planstore")
    assert (migrated.before, migrated.after, migrated.lost) == (3, FORMAT, ())
    rows = [row | {"null_sd": 0.02, "p_value": 0.01, "effective_samples": 9.5} for row in samples.records(2, 2)]
    with planstore.open(tmp_path / "results", create=False) as store:
        store.route(pa.Table.from_pylist(rows), samples.policy(), run_id="with p")
        found = store.sql("select distinct run_id, null_sd, p_value, effective_samples from candidates order by all")
        assert found.fetchall()[-1] == ("with p", 0.02, 0.01, 9.5)
        assert store.integrity.verify(KEPT["format-3"][0]).holds


def test_a_store_of_the_format_before_takes_outcomes_once_it_is_migrated(tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE.with_name("format-4.tar.xz")) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / "results" / "planstore"
    assert (migrate(folder).before, StoreLayout.in_results(tmp_path / "results").marker.read_text()) == (
        4, f'{{"format":{FORMAT}}}',
    )  # fmt: skip
    stretch = {"first_timestamp": "2025-01-02", "last_timestamp": "2025-12-31", "learned_until": "2024-12-31"}
    side = {"target": "y_up_01_10m", "symbol": "SYM00", "score": 0.1 + 0.2, "sample_size": 250}
    with planstore.open(tmp_path / "results", create=False) as store:
        store.record_outcomes(pa.Table.from_pylist([side | stretch]), run_id="run-0")
        StoreLayout.in_results(tmp_path / "results").marker.write_text('{"format": 4}')
    migrate(folder)  # as after a migration that was killed before its end
    with planstore.open(tmp_path / "results", create=False) as store:
        assert store.sql("select run_id, score from outcomes").fetchall() == [("run-0", 0.1 + 0.2)]
        assert store.maintenance.compact(grace=timedelta(0)).flushed > 0
        verified = store.integrity.verify(KEPT["format-4"][0])
        assert [str(finding) for finding in verified.findings] == []


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
        assert store.maintenance.rebuild().same
        assert store.export().run_id == store.run().run_id
        assert store.integrity.verify(ANCHOR).holds


KEPT = {
    "format-1": (ANCHOR, EVENTS, ["run", "run", "status", "run", "status"]),
    "format-2": (
        "7:d40a245cef7148a8dc2efa64f0effa8ea6cd8a420c62712ed85b197a20f3592d",
        282,
        ["run", "override", "run", "status", "status", "override", "run"],
    ),
    "format-3": (
        "7:a60be9f04c87ec89f515fda4313efe10e411cb623bb9206649c4baf3e1662cda",
        249,
        ["run", "override", "run", "status", "status", "override", "run"],
    ),
    "format-4": (
        "7:7e49a0b15589a927c0c6ccd8e8571df86b6e7a9ce82cfa45c20dbc6afdba9acd",
        248,
        ["run", "override", "run", "status", "status", "override", "run"],
    ),
    "format-5": (
        "8:6aa16541ce62458630938d4dbb83ed5ff70abba065fe25ff0438f774c60a125b",
        269,
        ["run", "override", "run", "status", "status", "override", "run", "outcomes"],
    ),
}
"""The anchor of each kept store, how many events it holds, and the kinds of its commits."""


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_store_holds_what_was_anchored(tmp_path: Path, name: str) -> None:
    anchor, events, kinds = KEPT[name]
    with tarfile.open(ARCHIVE.with_name(f"{name}.tar.xz")) as archive:
        archive.extractall(tmp_path, filter="data")
    migrate(tmp_path / "results" / "planstore")
    with planstore.open(tmp_path / "results", create=False) as store:
        verified = store.integrity.verify(anchor)
        assert ([str(finding) for finding in verified.findings], verified.anchor) == ([], anchor)
        assert store.sql("select count(*) from history").fetchall() == [(events,)]
        assert [kind for (kind,) in store.sql("select kind from commits order by commit_id").fetchall()] == kinds


def test_the_kept_store_of_this_format_answers_as_it_did(tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE.with_name(f"format-{FORMAT}.tar.xz")) as archive:
        archive.extractall(tmp_path, filter="data")
    with planstore.open(tmp_path / "results", create=False) as store:
        rules = {run: store.why("y_up_01_10m", "SYM00", run_id=run).rule for run in ("run-0", "run-1", "run-2")}
        assert store.why("y_up_01_10m", "SYM00", run_id="run-0").findings == []
        assert store.whatif(samples.policy()).runs == ["run-0", "run-1", "run-2"]
        assert rules["run-1"] == "OVERRIDE"
        assert "OVERRIDE" not in (rules["run-0"], rules["run-2"])
        columns = "null_score, null_sd, p_value, effective_samples"
        nulls = store.sql(f"select distinct {columns} from candidates where run_id = 'run-0'").fetchall()
        assert nulls == [(0.5, 0.02, 0.01, 120.5)]
        assert store.sql("select count(p_value) from candidates where run_id <> 'run-0'").fetchall() == [(0,)]
        realized = store.sql("select symbol, realized, realized_null from promised_outcomes order by symbol").fetchall()
        assert realized == [("SYM00", 0.56, 0.5), ("SYM01", 0.5700000000000001, 0.5), (None, 0.55, 0.5)]
        assert store.maintenance.rebuild().same


LOST = "4:551b8342c19817b897e46a207c0245a218869d59f351dc9b307d822bbb089cef"
"""The anchor of a store of format 2 whose runs and candidates no reader of that format could read."""


def test_values_that_format_2_could_not_read_are_restored_and_lost_ones_are_named(tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE.with_name("format-2-lost.tar.xz")) as archive:
        archive.extractall(tmp_path, filter="data")
    migrated = migrate(tmp_path / "results" / "planstore")
    assert [(one.commit_id, one.position, one.where) for one in migrated.restored] == [
        (2, 1, "runs.settings"),
        (4, 1, "runs.settings"),
        (3, 3, "candidates.stability_metrics"),
        (3, 4, "candidates.stability_metrics"),
    ]
    (lost,) = migrated.lost
    assert (lost.commit_id, lost.where) == (1, "runs")
    said = repr("o'brien\\x.parquet")
    assert lost.problem.endswith(f"; settings.metrics_snapshot is 'obrienx.parquet', its plan says {said}")
    with planstore.open(tmp_path / "results", create=False) as store:
        settings = "select settings.metrics_snapshot, settings.model_families from runs order by commit_id"
        assert store.sql(settings).fetchall() == [
            ("obrienx.parquet", ["lightgbm", "xgboost"]),
            ("o'brien\\y.parquet", ["light'gbm\\", "lightgbm"]),
            ("plain", ["lightgbm", "xgboost"]),
            ("\\", ["lightgbm", "xgboost"]),
        ]
        taus = store.sql("select stability_metrics.mean_tau as tau from candidates where run_id = 'run-2'").fetchall()
        assert [repr(tau) for (tau,) in taus if tau is not None] == ["-0.0", "0.3333333333333333", "0.3"]
        before = [str(finding) for finding in store.integrity.verify(LOST).findings]
        assert [finding.partition(":")[0] for finding in before] == ["commit 1, runs"]
        store.maintenance.compact()
        store.route(samples.table(samples.records(seed=9)), samples.policy(), metrics_snapshot="o'brien\\z.parquet")
        assert [str(finding) for finding in store.integrity.verify(LOST).findings] == before
