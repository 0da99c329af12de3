"""Exit codes tell the truth, also where nobody reads what a verb prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import planstore
import samples
from planstore.routing.policy_defaults import DEFAULT_POLICY

PLANSTORE = str(Path(sys.executable).with_name("planstore"))
CASES = [
    {"title": "a strong symbol is blocked", "target": "y_up_10m", "symbol": "AAPL", "expect": "ROUTE_BLOCKED",
     "local": {"score": 0.9, "metric_name": "auc"}},
]  # fmt: skip
RUNNER = """
import json, os, sys
from planstore.cli import main

def exit_code(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    os.dup2(writing, 1)
    sys.stdout = open(1, "w", closefd=False)
    sys.argv = ["planstore", *arguments]
    try:
        main()
    except SystemExit as ended:
        return ended.code

print(json.dumps([exit_code(arguments) for arguments in json.load(sys.stdin)]), file=sys.stderr)
"""
"""Calls verbs one after the other in one process, with nobody to read what they print; prints their exit codes."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with results of two runs, and files for every verb."""
    made = tmp_path_factory.mktemp("codes")
    samples.parquet(made / "candidates.parquet", samples.records())
    (made / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    (made / "cases.yaml").write_text(json.dumps(CASES), encoding="utf-8")
    with planstore.open(made / "results") as store:
        for seed in (0, 5):
            store.route(samples.table(samples.records(seed=seed)), samples.policy(), run_id=f"run-{seed}")
        store.export()
    return made


def unread(folder: Path, calls: list[list[str]]) -> list[int]:
    """Return the exit codes of calls whose output nobody reads."""
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=300,
        check=True,
    )
    assert "Traceback" not in done.stderr
    codes: list[int] = json.loads(done.stderr.splitlines()[-1])
    return codes


def test_a_verb_whose_reader_left_exits_with_its_own_code_or_141(folder: Path) -> None:
    own = {
        ("init", "--policy", str(DEFAULT_POLICY.parent / "none.yaml" / "x")): 2,
        ("init", "--results", "other"): 0,
        ("route", "candidates.parquet", "--policy", "policy.yaml"): 0,
        ("route", "none.parquet", "--policy", "policy.yaml"): 2,
        ("plan",): 0,
        ("plan", "none"): 2,
        ("status",): 0,
        ("jobs",): 0,
        ("jobs", "--json"): 0,
        ("log", "--json"): 0,
        ("why", "y_up_01_10m"): 0,
        ("why", "y_up_01_10m", "NONE"): 1,
        ("why", "y_up_01_10m", "NONE", "--json"): 1,
        ("history", "y_up_01_10m"): 0,
        ("diff", "run-0", "run-5"): 1,
        ("diff", "run-0", "run-5", "--json"): 1,
        ("diff", "run-0", "run-0"): 0,
        ("whatif", "policy.yaml"): 0,
        ("override", "set", "y_up_01_10m", "SYM01", "ROUTE_BLOCKED", "--reason", "a test"): 0,
        ("override", "list"): 0,
        ("override", "clear", "y_up_01_10m", "NONE"): 2,
        ("policy", "test", "policy.yaml", "cases.yaml"): 1,
        ("report",): 0,
        ("sql", "from range(100000)", "--format", "csv"): 0,
        ("sql", "from nothing"): 2,
        ("export",): 0,
        ("rebuild",): 0,
        ("verify",): 0,
        ("anchor",): 0,
        ("compact",): 0,
        ("migrate",): 0,
        ("--help",): 0,
        ("sql", "--help"): 0,
        ("nonsense",): 2,
    }
    codes = unread(folder, [list(call) for call in own])
    assert dict(zip(own, codes, strict=True)) == {call: code or 141 for call, code in own.items()}


def test_the_process_itself_ends_with_that_code_and_says_nothing_of_it(folder: Path) -> None:
    rows = "sql 'select repeat(1::text, 99) from range(2000)' --limit 2000"
    for call, code in {f"{rows} | head -1": 141, "diff run-0 run-5 --json | true": 1}.items():
        command, _, rest = call.partition(" |")
        done = subprocess.run(
            ["bash", "-c", f"{PLANSTORE} {command} {'|' if rest else ''} {rest}; exit ${{PIPESTATUS[0]}}"],
            capture_output=True,
            text=True,
            cwd=folder,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},  # because then Python loses what is written in part
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (code, "")


def test_sigterm_ends_a_verb_with_one_line_and_143(folder: Path) -> None:
    watching = subprocess.Popen(
        [PLANSTORE, "jobs", "--watch"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None
    assert "planned" in watching.stdout.readline()
    watching.terminate()
    _, said = watching.communicate(timeout=60)
    assert (watching.returncode, said) == (
        143,
        "planstore: ended by SIGTERM: planstore jobs was cancelled; call it again to go on\n",
    )
