"""``planstore tail`` prints each commit once, in order, and goes on where it was."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import planstore
import samples
from planstore import RequestError, Store, StoreBusyError, StoreError
from planstore.cli import output
from planstore.cli.exit_codes import READER_LEFT
from planstore.cli.verbs import app
from planstore.ledger.embedded.cursor import Cursor, Position

PLANSTORE = str(Path(sys.executable).with_name("planstore"))
TARGETS = ("y_a_10m", "y_b_10m", "y_c_10m")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results folder of a run and three overrides."""
    with planstore.open(tmp_path_factory.mktemp("made") / "results") as store:
        store.route(samples.table(samples.records()), samples.policy(), run_id="one")
        for target in TARGETS:
            pin(store, target)
    return store.results


@pytest.fixture
def written(made: Path, tmp_path: Path) -> Iterator[Store]:
    """Yield a copy of that store."""
    with planstore.open(shutil.copytree(made, tmp_path / "results"), create=False) as store:
        yield store


def pin(store: Store, target: str) -> None:
    store.overrides.set(target, None, "ROUTE_BLOCKED", reason="x", author="somebody")


def called(store: Store, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--results", str(store.results)])


def tailed(store: Store, *words: str) -> list[str]:
    """Return the lines of a call of ``planstore tail``."""
    done = called(store, "tail", *words)
    if done.exception:
        raise done.exception
    return done.stdout.splitlines()


def numbers(lines: list[str]) -> list[int]:
    return [json.loads(line)["commit_id"] for line in lines]


def test_commits_are_printed_in_order_as_the_log_has_them(written: Store) -> None:
    whole = tailed(written, "--json")
    assert [json.loads(line) for line in whole] == json.loads(called(written, "log", "--json").stdout)[::-1]
    events = json.loads(whole[0])["events_by_table"]
    assert sum(events.values()) == json.loads(whole[0])["events"] > events["decisions"] > 0
    assert numbers(tailed(written, "--json", "--from", "3")) == [3, 4]
    assert tailed(written, "--from", "5") == []
    with pytest.raises(RequestError, match="--from must be at most 5, the next commit, got 6: `planstore log` lists"):
        tailed(written, "--from", "6")
    (text,) = tailed(written, "--from", "4")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d 4 override by \w+: .*; 1 overrides", text)


def test_a_cursor_goes_on_after_the_last_printed_commit(written: Store) -> None:
    words = ("--json", "--cursor", "alerts")
    assert numbers(tailed(written, *words, "--from", "2")) == [2, 3, 4]
    assert tailed(written, *words) == []
    assert numbers(tailed(written, "--json", "--cursor", "b.2_-", "--from", "4")) == [4]
    pin(written, TARGETS[0])
    assert numbers(tailed(written, *words)) == [5]
    with pytest.raises(RequestError, match="--from must be without the cursor alerts, which is at commit 5"):
        tailed(written, *words, "--from", "2")
    assert written.integrity.verify().holds


def test_a_new_cursor_stands_before_its_first_commit_also_where_nothing_is_printed_yet(written: Store) -> None:
    assert tailed(written, "--cursor", "from-now-on", "--from", "5") == []
    written.overrides.set("y_up_01_10m", None, "ROUTE_BLOCKED", reason="x")
    assert numbers(tailed(written, "--cursor", "from-now-on", "--json")) == [5]


def test_a_line_that_was_not_written_is_printed_again(written: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        """A pipe whose reader leaves after two lines."""

        def write(self, data: Any, /) -> int:
            if self.getvalue().count(b"\n") == 2:
                raise BrokenPipeError
            return super().write(data)

    pipe = Full()
    with monkeypatch.context() as patch:
        patch.setattr(output, "data_output", lambda: pipe)
        words = ["tail", "--json", "--cursor", "a", "--results", str(written.results)]
        assert app(words, standalone_mode=False) == READER_LEFT
    assert numbers(pipe.getvalue().decode().splitlines()) == [1, 2]
    assert numbers(tailed(written, "--json", "--cursor", "a")) == [3, 4]


def test_an_interrupt_during_a_line_comes_after_the_cursor_has_moved(
    written: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting(io.BytesIO):
        """An output that is interrupted when it has taken two lines."""

        def flush(self) -> None:
            if self.getvalue().count(b"\n") == 2:
                signal.raise_signal(signal.SIGINT)

    pipe = Interrupting()
    with monkeypatch.context() as patch:
        patch.setattr(output, "data_output", lambda: pipe)
        words = ["tail", "--json", "--cursor", "a", "--results", str(written.results)]
        assert app(words, standalone_mode=False) == 130
    assert numbers(pipe.getvalue().decode().splitlines()) == [1, 2]
    assert numbers(tailed(written, "--json", "--cursor", "a")) == [3, 4]


def test_a_name_of_a_cursor_leads_nowhere_else(written: Store) -> None:
    folder = written.access.ledger.layout.cursors
    for name in ("", ".", "..", "../x", "/x", "a/b", ".x", "-x", "é", "a\n", "x" * 65):
        with pytest.raises(RequestError, match="the name of a cursor must be up to 64 letters"):
            tailed(written, f"--cursor={name}")
    assert not folder.exists()


def test_a_cursor_of_another_ledger_or_a_damaged_one_is_refused(written: Store) -> None:
    from planstore.cli.tail import _start

    cursor = Cursor(written.access.ledger.layout.cursors, "a")
    with cursor.held():
        for wrong in (Position(2, "0" * 64), Position(99, written.log()[0]["digest"])):
            cursor.move(wrong)
            with pytest.raises(StoreError, match="cursor a must be at a commit of this ledger"):
                _start(written, cursor, None)
        for text in ("", "[]", "{}", '{"commit_id": "x", "digest": ""}'):
            cursor.path.write_text(text, encoding="utf-8")
            with pytest.raises(StoreError, match=r"cursor a in .* cannot be read: .*; remove the file"):
                cursor.position()


def test_one_cursor_has_one_reader_at_a_time(written: Store, tmp_path: Path) -> None:
    folder = written.access.ledger.layout.cursors
    with Cursor(folder, "a").held():
        with pytest.raises(StoreBusyError, match="cursor a must have one reader at a time, and another process has it"):
            tailed(written, "--cursor", "a")
        assert numbers(tailed(written, "--json", "--cursor", "b")) == [1, 2, 3, 4]


def following(folder: Path, *options: str) -> subprocess.Popen[str]:
    words = [PLANSTORE, "tail", "--follow", "--json", *(options or ("--cursor", "a"))]
    return subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_tail_without_a_cursor_does_not_promise_to_go_on(written: Store, tmp_path: Path) -> None:
    with following(tmp_path, "--from", "1") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 143
    assert said.endswith("was cancelled; only with `--cursor NAME` a later call goes on where one ended\n")


def test_following_prints_each_new_commit_until_it_is_interrupted_killed_or_its_reader_leaves(
    written: Store, tmp_path: Path
) -> None:
    def lines(process: subprocess.Popen[str], count: int) -> list[int]:
        assert process.stdout is not None
        return numbers([process.stdout.readline() for _ in range(count)])

    def position() -> Any:
        found = Cursor(written.access.ledger.layout.cursors, "a").position()
        return found and found.commit_id

    with following(tmp_path) as process:
        assert lines(process, 4) == [1, 2, 3, 4]
        pin(written, TARGETS[0])
        assert lines(process, 1) == [5]
        process.send_signal(signal.SIGINT)
        left, said = process.communicate(timeout=60)
        assert (process.returncode, left, position()) == (130, "", 5)
        assert said == "planstore: interrupted: planstore tail was cancelled; call it again to go on\n"
    pin(written, TARGETS[1])
    with following(tmp_path) as process:
        assert lines(process, 1) == [6]
        assert process.stdout is not None
        process.stdout.close()  # while it waits: it ends without a further commit
        assert (process.wait(timeout=60), position()) == (141, 6)
    pin(written, TARGETS[2])
    with following(tmp_path) as process:
        assert lines(process, 1) == [7]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    # because a kill may come after the line and before the cursor
    assert numbers(tailed(written, "--json", "--cursor", "a")) in ([], [7])
