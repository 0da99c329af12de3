"""Completion of arguments and options, as the shells request it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

import planstore
import samples
from planstore.cli.argument_completion import MOST
from planstore.cli.bash_completion import insertion, join_words
from planstore.cli.verbs import app

TARGETS = ["y_colon:1d", "y_plain", 'y_quo"te', "y_spa ce"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results folder of a store with two runs, whose names need quotes in a shell."""
    folder = tmp_path_factory.mktemp("completion") / "results"
    rows = [
        samples.record(target, symbol)
        for target in TARGETS
        for symbol in (None, "AA PL", "MSFT", *(f"S{number:03}" for number in range(MOST + 5)))
    ]
    with planstore.open(folder) as store:
        store.route(samples.table(rows[:2]), samples.policy(), ["lightgbm"], run_id="night-1")
        store.route(samples.table(rows), samples.policy(), ["lightgbm", "xgboost"], run_id="night-2")
    return folder


def proposals(words: str, environment: dict[str, str]) -> list[str]:
    """Return the proposals for the end of a line, as fish requests them."""
    done = CliRunner().invoke(
        app,
        [],
        prog_name="planstore",
        env=environment
        | {
            "_PLANSTORE_COMPLETE": "complete_fish",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            "_TYPER_COMPLETE_ARGS": f"planstore {words}",
        },
    )
    assert done.exit_code == 0
    assert not done.stderr
    return [line.split("\t")[0] for line in done.stdout.splitlines() if line]


STATES = ["planned", "claimed", "running", "succeeded", "failed", "skipped", "cancelled"]
ROUTES = [
    "ROUTE_CROSS_SECTIONAL",
    "ROUTE_SYMBOL_SPECIFIC",
    "ROUTE_BOTH",
    "ROUTE_EXPERIMENTAL_ONLY",
    "ROUTE_BLOCKED",
]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("why ", TARGETS),
        ("why y_s", ["y_spa ce"]),
        ("why z", []),
        ("why y_plain M", ["MSFT"]),
        ("why 'y_spa ce' A", ["AA PL"]),
        ("why y_plain S", [f"S{number:03}" for number in range(MOST)]),
        ("why y_plain --run night", ["night-2", "night-1"]),
        ("plan n", ["night-2", "night-1"]),
        ("diff night-1 n", ["night-2", "night-1"]),
        ("whatif policy.yaml --run night-1..n", ["night-1..night-2", "night-1..night-1"]),
        ("jobs --status ", STATES),
        ("jobs --target y_p", ["y_plain"]),
        ("train panel --target y_plain --symbol M", ["MSFT"]),
        ("train panel --family x", ["xgboost"]),
        ("train panel --executor ", ["local", "ray"]),
        ("evidence panel --executor ", ["local", "ray"]),
        ("why-train cs_y_pl", ["cs_y_plain"]),
        ("override set y_plain ROUTE", ROUTES),
        ("override set y_plain M", ["MSFT"]),
        ("log --kind r", ["run", "rebuild"]),
        ("export --format ", ["json", "yaml", "markdown"]),
        ("route candidates --family light", ["lightgbm"]),
    ],
)
def test_names_and_words_complete(results: Path, words: str, expected: list[str]) -> None:
    assert proposals(words, {"PLANSTORE_RESULTS": str(results)}) == expected


def test_the_store_is_that_of_the_call_or_of_the_project_file(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert proposals(f"why --results {results} y_p", {}) == ["y_plain"]
    Path("planstore.toml").write_text(f'results = "{results}"\n', encoding="utf-8")
    assert proposals("why y_p", {}) == ["y_plain"]
    assert proposals("why --as-of 1 y_p", {}) == []


def test_a_faulty_store_proposes_nothing_and_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert proposals("why --results missing ", {}) == []
    assert not (tmp_path / "missing").exists()
    (tmp_path / "bad" / "planstore").mkdir(parents=True)
    (tmp_path / "bad" / "planstore" / "catalog.sqlite").write_bytes(b"no database")
    (tmp_path / "families.yaml").write_text("[", encoding="utf-8")
    assert proposals("why --results bad ", {}) == []
    assert proposals("jobs --as-of never --results bad --target ", {}) == []
    assert proposals("route candidates --families families.yaml --family ", {}) == []
    Path("planstore.toml").write_text("[", encoding="utf-8")
    assert proposals("jobs --status r", {}) == ["running"]
    assert proposals("why ", {}) == []


@pytest.mark.parametrize(
    ("broken", "cursor", "joined"),
    [
        ("planstore\nwhy\ny", 2, "planstore\nwhy\ny"),
        ("planstore\nwhy\ny\n:", 3, "planstore\nwhy\ny:"),
        ("planstore\nwhy\ny\n:\n1", 4, "planstore\nwhy\ny:1"),
        ("planstore\nwhy\ny\n:\n1\nA", 5, "planstore\nwhy\ny:1\nA"),
        ("planstore\nwhy\ny\n:\n1\n", 5, "planstore\nwhy\ny:1\n"),
        ("planstore\nwhy\ny\nlater", 2, "planstore\nwhy\ny"),
    ],
)
def test_words_that_bash_breaks_at_colons_are_joined(broken: str, cursor: int, joined: str) -> None:
    environment = {"COMP_WORDS": broken, "COMP_CWORD": str(cursor)}
    assert join_words(environment) == joined.split("\n")[-1]
    assert environment == {"COMP_WORDS": joined, "COMP_CWORD": str(joined.count("\n"))}


@pytest.mark.parametrize(
    ("proposal", "word", "inserted"),
    [
        ("y_plain", "y", "y_plain"),
        ("y_spa ce", "y", r"y_spa\ ce"),
        ("y_spa ce", "'y", "y_spa ce"),
        ('y_quo"te', "y", r"y_quo\"te"),
        ("it's $HOME", "", r"it\'s\ \$HOME"),
        ("y_colon:1d", "y", "y_colon:1d"),
        ("y_colon:1d", "y_colon:", "1d"),
        ("a:b:c d", "a:b:", r"c\ d"),
    ],
)
def test_bash_inserts_a_name_that_it_reads_back(proposal: str, word: str, inserted: str) -> None:
    assert insertion(proposal, word) == inserted


@contextmanager
def bash(folder: Path, results: Path) -> Iterator[int]:
    """Run an interactive bash with the completion installed, in which planstore prints its arguments."""
    (folder / "planstore").write_text(
        "#!/bin/sh\n"
        f'[ -n "$_PLANSTORE_COMPLETE" ] && exec {Path(sys.executable).with_name("planstore")}\n'
        'printf "<%s>" "$@"\nprintf "done\\n"\n'
    )
    (folder / "planstore").chmod(0o755)
    script = subprocess.run(
        [Path(sys.executable).with_name("planstore")],
        env=os.environ | {"_PLANSTORE_COMPLETE": "source_bash"}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (folder / "rc").write_text(f"PS1='> '\nbind 'set enable-bracketed-paste off'\n{script}", encoding="utf-8")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["bash", "--noprofile", "--rcfile", "rc", "-i"],
        cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "PLANSTORE_RESULTS": str(results), "TERM": "dumb"},
    )  # fmt: skip
    try:
        yield ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


def typed(terminal: int, keys: str, until: str) -> str:
    """Type keys and return what the terminal shows until a pattern matches."""
    os.write(terminal, keys.encode())
    shown, end = "", time.monotonic() + 60
    while re.search(until, shown) is None:
        ready, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
        assert ready, f"{keys!r} showed {shown!r} and not {until!r}"
        shown += os.read(terminal, 4096).decode(errors="replace")
    return shown


def test_bash_completes_names_with_blanks_quotes_and_colons(results: Path, tmp_path: Path) -> None:
    with bash(tmp_path, results) as terminal:
        typed(terminal, "", "> $")
        for keys, name in (
            ("why y_s\t", "<y_spa ce>"),
            ("why 'y_s\t", "<y_spa ce>"),
            ("why y_q\t", '<y_quo"te>'),
            ("why y_colon:\t", "<y_colon:1d>"),
        ):
            assert f"<why>{name}done" in typed(terminal, f"planstore {keys}\n", r"done\r?\n> $")
