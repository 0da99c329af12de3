"""How the process of a verb ends: interrupted by Ctrl-C, or with an output that takes nothing."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

import planstore
import samples
from planstore.cli.interrupts import Interrupts
from planstore.training.execution.termination import TerminatedError
from verbs_forked import Call, endings

PLANSTORE = str(Path(sys.executable).with_name("planstore"))
READING = (
    ["jobs"],
    ["why", "y_up_01_10m", "SYM01"],
    ["history", "y_up_01_10m", "SYM01"],
    ["diff", "one", "two"],
    ["report", "--output", "report.html"],
    ["sql", "from history"],
    ["verify"],
)
WRITING = (
    ["route", "one.parquet", "--policy", "policy.yaml"],
    ["override", "set", "y_up_01_10m", "ROUTE_BLOCKED", "--reason", "x"],
    ["rebuild"],
    ["compact"],
    ["backup", "backup"],
)
ENDLESS = (
    "with recursive a as (select 1 as n union all select n + 1 from a) select max(n) from a",
    "select count(*) from range(100000) a, range(100000) b, range(1000) c where a.range * b.range % 7 = c.range",
    "select hash(range) as h from range(100000000000) order by h",
)


def interrupted(verb: str) -> str:
    """Return the line of an interrupted verb that has recorded nothing."""
    return f"planstore: interrupted: planstore {verb} was cancelled; call it again to go on\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with candidates, a policy, and results of two runs."""
    made = tmp_path_factory.mktemp("process")
    samples.parquet(
        made / "one.parquet", [*samples.records(), samples.record("y_é_5d", None), samples.record("y_é_5d", "日本")]
    )
    (made / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    with planstore.open(made / "results") as store:
        store.route(made / "one.parquet", made / "policy.yaml", run_id="one")
        store.route(samples.table(samples.records(seed=5)), made / "policy.yaml", run_id="two")
        store.export()
    return made


def files(folder: Path) -> set[str]:
    """Return every file but those that locks and SQLite leave, in a folder."""
    return {str(path) for path in folder.rglob("*") if not re.search(r"\.lock|-(shm|wal)$", path.name)}


def test_ctrl_c_ends_every_verb_with_one_line_and_nothing_half_done(folder: Path) -> None:
    before = files(folder)
    with planstore.open(folder / "results") as store:
        commits = store.log()
    with closing(sqlite3.connect(folder / "results/planstore/catalog.sqlite")) as catalog:
        # because readers who wait for the catalog wait inside SQLite, for five seconds, where Python cannot reach them
        catalog.execute("pragma locking_mode = exclusive")
        catalog.execute("begin exclusive")
        ended = endings([Call(words, busy="catalog.sqlite") for words in READING], folder, together=True)
        assert max(one.seconds for one in ended) < 4
    with FileLock(folder / "results/planstore/writer.lock"):
        ended += endings([Call(words, busy="writer.lock.queue") for words in WRITING], folder, together=True)
    for words, one in zip((*READING, *WRITING), ended, strict=True):
        assert (one.code, one.error) == (130, interrupted(words[0])), words
    assert files(folder) == before
    with planstore.open(folder / "results") as store:
        assert store.log() == commits
        assert store.integrity.verify().holds


def test_ctrl_c_ends_any_query_within_seconds(folder: Path) -> None:
    for query, one in zip(ENDLESS, endings([Call(["sql", query], busy=1.0) for query in ENDLESS], folder), strict=True):
        assert (one.code, one.error) == (130, interrupted("sql")), query
        assert one.seconds < 10, query  # within two on a machine that has nothing else to do


def test_ctrl_c_says_which_commit_is_recorded(folder: Path) -> None:
    words = ["route", "one.parquet", "--policy", "policy.yaml", "--run-id", "interrupted"]
    with FileLock(folder / "results/planstore/export.lock"):
        (ended,) = endings([Call(words, busy="export.lock.queue")], folder)
    with planstore.open(folder / "results") as store:
        commit = store.run("interrupted").commit_id
    left = f"commit {commit} is recorded; `planstore export` writes the files of the run"
    assert (ended.code, ended.error) == (130, f"planstore: interrupted: planstore route was cancelled; {left}\n")


def test_an_output_that_takes_nothing_is_one_line_and_exit_code_3(folder: Path) -> None:
    words = (["plan"], ["plan", "--json"], ["sql", "from runs"], ["sql", "from runs", "--format", "csv"], ["sql", "-h"])
    calls = [Call(one, output=output) for one in words for output in ("/dev/full", "closed")]
    said = {"/dev/full": "No space left on device", "closed": "Bad file descriptor"}
    for call, ended in zip(calls, endings(calls, folder), strict=True):
        message = f"standard output cannot be written: {said[call.output]}"
        told = {"error": "OutputError", "message": message, "exit_code": 3, "commits": []}
        expected = (
            f"planstore: {message}\n" if "--json" not in call.words else json.dumps(told, separators=(",", ":")) + "\n"
        )
        assert (ended.code, ended.error) == (3, expected), call


def test_an_output_that_takes_nothing_leaves_what_was_recorded_and_says_so(folder: Path) -> None:
    words = ["route", "one.parquet", "--policy", "policy.yaml", "--run-id"]
    calls = [Call([*words, f"lost-{i}"], output=output) for i, output in enumerate(("/dev/full", "closed"))]
    ended = endings(calls, folder)
    with planstore.open(folder / "results") as store:
        commits = [store.run(f"lost-{i}").commit_id for i in range(len(calls))]
    for commit, one in zip(commits, ended, strict=True):
        assert one.code == 3
        assert one.error.startswith("planstore: standard output cannot be written: ")
        assert one.error.endswith(f"; commit {commit} is recorded\n")


def test_errors_that_nobody_can_read_change_no_exit_code(folder: Path) -> None:
    calls = [
        Call(words, error=error, output=output)
        for words in (["log"], ["nonsense"])
        for error in ("/dev/full", "closed")
        for output in (os.devnull, "closed")
    ]
    codes = [one.code for one in endings(calls, folder)]
    assert codes == [0, 3, 0, 3, 2, 2, 2, 2]


def test_names_that_a_terminal_has_no_letters_for_are_escaped_and_columns_stay_in_line(folder: Path) -> None:
    def shown(encoding: str, *words: str) -> bytes:
        return subprocess.run(
            [PLANSTORE, *words, "--results", str(folder / "results")],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONIOENCODING": encoding},
        ).stdout

    query = "select target, symbol, 1 as end from candidates where target like '%é%' and symbol is not null limit 1"
    heading, row = shown("ascii", "sql", query).decode("ascii").splitlines()
    assert row.split() == ["y_\\xe9_5d", "\\u65e5\\u672c", "1"]
    assert heading.index("end") == row.index("1")
    assert "é" in shown("latin-1", "sql", query).decode("latin-1")
    assert json.loads(shown("ascii", "sql", query, "--json")) == [{"target": "y_é_5d", "symbol": "日本", "end": 1}]


@pytest.mark.parametrize("at", ["arming", "disarming"])
def test_a_signal_at_the_turn_of_two_handlers_is_told_and_leaves_the_earlier_one(
    at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    set_descriptor = signal.set_wakeup_fd
    places = iter(["arming", "disarming"])

    def interrupted(descriptor: int, **named: bool) -> int:
        if next(places, None) == at:
            signal.raise_signal(signal.SIGTERM)
        return set_descriptor(descriptor, **named)

    def earlier(number: int, _frame: object) -> None:
        told.append(number)

    original = signal.signal(signal.SIGTERM, earlier)
    try:
        monkeypatch.setattr(signal, "set_wakeup_fd", interrupted)
        with contextlib.suppress(TerminatedError), Interrupts():
            assert at == "disarming", "a signal while handlers are installed raises"
        assert signal.getsignal(signal.SIGTERM) is earlier
        assert told == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, original)


def test_a_signal_whose_exception_is_swallowed_ends_a_later_query_and_is_passed_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planstore.cli.interrupts, "TIMEOUT", 0)
    told: list[int] = []
    original = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    try:
        with planstore.open(folder / "results") as store, Interrupts():
            with contextlib.suppress(TerminatedError):
                signal.raise_signal(signal.SIGTERM)
            with pytest.raises((duckdb.InterruptException, RuntimeError, KeyboardInterrupt)):
                store.sql("select count(*) from range(3000000000) t(x) where x % 7 = 3").fetchall()
        assert told == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, original)
