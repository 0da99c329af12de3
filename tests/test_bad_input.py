"""Bad input and bad places: each gets one clear error, and nothing is half written."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

import forks
import inputs
import planstore
import samples
from planstore import (
    NotFoundError,
    PlanstoreError,
    RequestError,
    RunConflictError,
    StoreError,
    StoreMissingError,
    StoreVersionError,
)
from planstore.ledger.marker import FORMAT

NOBODY = 65534
ROUTE = """
import sys
from pathlib import Path
import samples
import planstore
try:
    with planstore.open(sys.argv[1]) as store:
        store.route(samples.table(samples.records(*map(int, sys.argv[2:4]))), samples.policy())
        store.export()
except planstore.PlanstoreError as error:
    print(type(error).__name__, error)
else:
    print("routed")
"""
DROP = (
    "import os\nos.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\n"
    if os.name == "posix" and os.getuid() == 0
    else ""
)
SMALL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results folder of a store with a run."""
    results = tmp_path_factory.mktemp("made") / "results"
    with planstore.open(results) as store:
        store.route(samples.table(samples.records(1, 2)), samples.policy())
    return results


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return shutil.copytree(made, tmp_path / "results")


def use(results: Path) -> None:
    """Use a store in every way: what is wrong with it must be said, whatever is asked of it."""
    with planstore.open(results) as store:
        store.log()
        store.route(samples.table(samples.records(1, 2, seed=1)), samples.policy())


def clear(message: str) -> None:
    """Assert that a message is for a person."""
    assert message
    for ugly in ("Traceback", "duckdb.", "orjson", "Stack Trace", "INTERNAL", "object at 0x"):
        assert ugly not in message


@pytest.mark.parametrize("version", [0, FORMAT + 1, 99, "1", None, True])
def test_a_store_of_another_format_is_refused_and_not_touched(results: Path, version: object) -> None:
    (results / "planstore/store.json").write_text(json.dumps({"format": version}))
    before = inputs.snapshot(results)
    with pytest.raises(StoreVersionError) as refused:
        use(results)
    assert str(results) in str(refused.value)
    assert f"format {version}" in str(refused.value)
    assert inputs.snapshot(results) == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"3", b"null", b"\xff"])
def test_a_corrupt_marker_is_named_and_not_touched(results: Path, content: bytes) -> None:
    marker = results / "planstore/store.json"
    marker.write_bytes(content)
    with pytest.raises(StoreError) as refused:
        use(results)
    assert str(marker) in str(refused.value)
    clear(str(refused.value))
    assert marker.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"not a database" * 1000], ids=["empty", "garbage"])
def test_a_corrupt_catalog_is_named_and_not_touched(results: Path, content: bytes) -> None:
    catalog = results / "planstore/catalog.sqlite"
    for path in results.glob("planstore/catalog.sqlite-*"):
        path.unlink()
    catalog.write_bytes(content)
    with pytest.raises(StoreError) as refused:
        use(results)
    assert "catalog.sqlite" in str(refused.value)
    clear(str(refused.value))
    assert catalog.read_bytes() == content


def test_a_catalog_that_is_gone_is_named_and_not_made_anew(results: Path) -> None:
    for path in results.glob("planstore/catalog.sqlite*"):
        path.unlink()
    with pytest.raises(StoreError, match=r"catalog\.sqlite"):
        use(results)
    assert not (results / "planstore/catalog.sqlite").exists()


def test_a_catalog_of_something_else_is_a_store_error(results: Path) -> None:
    for path in results.glob("planstore/catalog.sqlite*"):
        path.unlink()
    with sqlite3.connect(results / "planstore/catalog.sqlite") as other:
        other.execute("CREATE TABLE other (a)")
    other.close()
    with pytest.raises(StoreError) as refused:
        use(results)
    clear(str(refused.value))


def test_a_parquet_file_of_the_ledger_that_is_cut_off_is_a_store_error(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store:
        store.route(samples.table(samples.records(20, 20)), samples.policy())
    for path in (tmp_path / "planstore/data").rglob("*.parquet"):
        path.write_bytes(path.read_bytes()[:20])
    with planstore.open(tmp_path) as store, pytest.raises(StoreError) as refused:
        store.training.jobs()
    clear(str(refused.value))


def test_a_results_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "results"
    place.write_text("mine")
    with pytest.raises(StoreError, match="is a file") as refused:
        use(place)
    assert str(place) in str(refused.value)
    assert place.read_text() == "mine"


def test_a_results_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError) as refused:
        use(tmp_path / "file" / "results")
    assert str(tmp_path / "file") in str(refused.value)


@pytest.mark.parametrize("name", ["x" * 5000, "a\x00b"], ids=["too long", "NUL"])
def test_a_results_path_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError):
        use(tmp_path / name)


def test_a_store_that_is_not_there_is_said_when_it_must_be(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError, match="planstore init"):
        planstore.open(tmp_path / "results", create=False)
    assert not (tmp_path / "results").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="folders have modes on POSIX systems")
@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["read-only", "unreadable"])
@pytest.mark.parametrize("exists", [False, True], ids=["no store", "a store"])
def test_a_folder_that_cannot_be_written_is_a_store_error(made: Path, tmp_path: Path, mode: int, exists: bool) -> None:
    results = tmp_path / "results"
    if exists:
        shutil.copytree(made, results)
    else:
        results.mkdir()
    before = inputs.snapshot(results)
    paths = [results, *(path for path in results.rglob("*") if path.is_dir() or mode == 0o555)]
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.getuid() and "pytest" in str(parent):
            parent.chmod(0o755)
    for path in reversed(paths):
        path.chmod(mode if path.is_dir() else 0o444)
    try:
        done = inputs.python(
            "import importlib.readers, getpass, duckdb, filelock, pandas\n"
            "import samples, planstore.api.store, planstore.runs.create, planstore.runs.checked_request\n"
            "import planstore.projections.export, planstore.routing.policy\n" + DROP + ROUTE,
            str(results),
            "1",
            "2",
            program=forks.python(),
        )
    finally:
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.stdout.startswith("StoreError "), done.stdout + done.stderr
    assert str(results) in done.stdout
    clear(done.stdout)
    assert inputs.snapshot(results) == before


@pytest.mark.skipif(sys.platform == "win32", reason="limits are of POSIX systems")
@pytest.mark.parametrize("size", [0, 20_000, 200_000, 400_000])
@pytest.mark.parametrize("exists", [False, True], ids=["no store", "a store"])
def test_a_full_disk_is_one_clear_error_and_loses_nothing(made: Path, tmp_path: Path, size: int, exists: bool) -> None:
    results = tmp_path / "results"
    if exists:
        shutil.copytree(made, results)
    done = inputs.python(SMALL_DISK.format(size=size) + ROUTE, str(results), "40", "100", program=forks.python())
    is_failed = done.stdout.startswith(("StoreError ", "CommitFailedError "))
    assert is_failed or done.stdout.split(" ")[0] in ("ExportError", "routed\n"), done.stdout + done.stderr
    clear(done.stdout)
    commits = int(exists) + int(not is_failed)
    with planstore.open(results) as store:
        assert len(store.log()) == commits
        store.route(samples.table(samples.records(1, 2, seed=1)), samples.policy())
        assert store.export().run_id


def test_a_run_id_that_another_run_has_is_refused(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store:
        store.route(samples.table(samples.records(1, 2)), samples.policy(), run_id="mine")
        with pytest.raises(RunConflictError, match="mine"):
            store.route(samples.table(samples.records(1, 2, seed=1)), samples.policy(), run_id="mine")
        assert len(store.log()) == 1


def test_the_same_run_again_is_the_first_commit(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store:
        first, again = (
            store.route(samples.table(samples.records(1, 2)), samples.policy(), run_id="mine") for _ in range(2)
        )
        assert (first.commit_id, again.commit_id, len(store.log())) == (1, 1, 1)


@pytest.mark.parametrize("families", ["lightgbm", [1], [""], ["mutual_information"], [None], ["a\x00"]], ids=repr)
def test_families_that_are_none_are_refused(tmp_path: Path, families: list[str]) -> None:
    inputs.refusal(tmp_path, RequestError, lambda store: store.route(inputs.frame(), samples.policy(), families))


@pytest.mark.parametrize(
    "run_id", ["", "a\x00b", "a\nb", "\x1b[31m", "x" * 1_000_000], ids=["empty", "NUL", "line", "escape", "long"]
)
def test_a_run_id_that_is_no_name_is_refused(tmp_path: Path, run_id: str) -> None:
    inputs.refusal(tmp_path, RequestError, lambda store: store.route(inputs.frame(), samples.policy(), run_id=run_id))


def test_what_the_ledger_does_not_hold_is_not_found(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store:
        with pytest.raises(NotFoundError, match="no run yet"):
            store.plan()
        store.route(samples.table(samples.records(1, 2)), samples.policy())
        with pytest.raises(NotFoundError, match="nothing"):
            store.plan("nothing")
        assert store.why("nowhere", "AAPL").route is None
        with pytest.raises(NotFoundError, match="nowhere"):
            store.history("nowhere", "AAPL")
        with pytest.raises(NotFoundError, match="99"):
            store.at(99)


def test_names_that_look_like_paths_are_routed_and_stay_in_the_folder(tmp_path: Path) -> None:
    results, targets = tmp_path / "deep" / "results", ["../../x", "/etc/x", "..", "a/b", "CON", "%2e%2e"]
    rows = [samples.record(target, symbol) for target in targets for symbol in (None, "../s")]
    with planstore.open(results) as store:
        store.route(samples.table(rows), samples.policy())
        assert {job["target"] for job in store.plan().jobs} == {*targets}
        store.export()
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["results"]


def test_export_into_a_place_that_is_taken_says_so(results: Path) -> None:
    (results / "globals").write_text("mine")
    with planstore.open(results) as store, pytest.raises(PlanstoreError, match="globals"):
        store.export()
    assert (results / "globals").read_text() == "mine"
