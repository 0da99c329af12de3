"""The verbs of the audit, as a person and a script use them."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import forks
import planstore
import samples
from histories import SYMBOL, TARGET, cs, local, route
from planstore.events.vocabulary import CommitKind

NAME, SAID = "[red]x[/red]\nnext", "[red]\x1b[31m\nnext"
"""A name that candidates may have, and what a person may say; either could act on a terminal that takes it as it is."""


def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [forks.planstore(), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False,
        env={"COLUMNS": "200", "PATH": ""},
    )  # fmt: skip


def answer(*arguments: str | Path, code: int = 0) -> Any:
    done = call(*arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return results of three runs: the pair trains by itself, is blocked by its score, and is pinned."""
    folder = tmp_path_factory.mktemp("audit") / "results"
    with planstore.open(folder) as store:
        route(store, [cs(), local()], run_id="one")
        route(store, [cs(), local(0.4)], run_id="two")
        store.overrides.set(TARGET, SYMBOL, "ROUTE_BOTH", reason="a trial", author="ann")
        route(store, [cs(), local(0.4)], run_id="three")
    (folder.parent / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    strict = samples.POLICY_YAML.replace("min_score: 0.52, strong_score: 0.6", "min_score: 0.9, strong_score: 0.9")
    (folder.parent / "high.yaml").write_text(strict, encoding="utf-8")
    return folder


def test_why_answers_scripts(results: Path) -> None:
    found = answer("why", TARGET, SYMBOL, "--run", "two", "--results", results)
    assert {
        "target", "symbol", "run_id", "commit_id", "route", "rule", "reasons", "checks", "nearest_miss", "evidence",
        "policy_id", "rules_id",
    } <= set(found)  # fmt: skip
    assert (found["run_id"], found["commit_id"], found["route"]) == ("two", 2, "ROUTE_BLOCKED")
    assert {tuple(check) for check in found["checks"]} == {
        ("side", "check", "observed", "threshold", "passed", "source")
    }
    assert found["nearest_miss"]["needed"] == 0.52
    assert answer("why", TARGET, SYMBOL, "--as-of", "1", "--results", results)["run_id"] == "one"
    nothing = answer("why", TARGET, "MSFT", "--results", results, code=1)
    assert (nothing["route"], nothing["rule"]) == (None, "NO_DECISION")


def test_why_tells_people_the_same(results: Path) -> None:
    shown = call("why", TARGET, SYMBOL, "--run", "two", "--results", results).stdout
    assert f"{TARGET} on {SYMBOL}: ROUTE_BLOCKED" in shown
    assert "Decided by rule BOTH_DISALLOWED in run two (commit 2):" in shown
    assert "cross-sectional score is 0.5; with 0.52 the route would be ROUTE_CROSS_SECTIONAL" in shown
    pinned = call("why", TARGET, SYMBOL, "--results", results).stdout
    assert "Override ROUTE_BOTH by ann: a trial; by the rules: Both CS and local disallowed" in pinned
    assert f"job sym_{TARGET}_{SYMBOL} (lightgbm, xgboost): planned" in pinned
    unknown = call("why", "y_up_10", "--results", results)
    assert unknown.returncode == 1
    assert "the nearest targets: 'y_up_10m'" in unknown.stdout


def test_history_answers_scripts_and_people(results: Path) -> None:
    found = answer("history", TARGET, SYMBOL, "--results", results)
    assert [
        {name: change[name] for name in ("run_id", "commit_id", "route", "previous_route")} for change in found
    ] == [
        {"run_id": "one", "commit_id": 1, "route": "ROUTE_SYMBOL_SPECIFIC", "previous_route": None},
        {"run_id": "two", "commit_id": 2, "route": "ROUTE_BLOCKED", "previous_route": "ROUTE_SYMBOL_SPECIFIC"},
        {"run_id": "three", "commit_id": 4, "route": "ROUTE_BOTH", "previous_route": "ROUTE_BLOCKED"},
    ]
    assert [[cause["cause"] for cause in change["causes"]] for change in found] == [
        ["evidence"],
        ["evidence"],
        ["override"],
    ]
    shown = call("history", TARGET, SYMBOL, "--results", results).stdout
    assert "symbol score: 0.7 → 0.4" in shown
    assert "override ROUTE_BOTH set by ann: a trial" in shown


def test_diff_exits_1_when_runs_differ(results: Path) -> None:
    found = answer("diff", "one", "two", "--results", results, code=1)
    assert [(flip["symbol"], flip["causes"]) for flip in found["flips"]] == [(SYMBOL, ["evidence"])]
    assert (found["added"], found["removed"], found["changed"]) == (0, 1, 0)
    assert answer("diff", "two", "2", "--results", results)["flips"] == []
    same = call("diff", "two", "2", "--results", results)
    assert (same.returncode, same.stdout) == (0, "two and two decided the same and have the same jobs.\n")
    shown = call("diff", "one", "three", "--limit", "1", "--results", results)
    assert shown.returncode == 1
    assert "Flips: 2 (1 pair, 1 target)" in shown.stdout
    assert "1 more; --limit or --json shows them" in shown.stdout


def test_whatif_answers_scripts_and_people(results: Path) -> None:
    high = results.parent / "high.yaml"
    found = answer("whatif", high, "--results", results)
    assert {"flips", "jobs_added", "jobs_removed", "agreement"} <= set(found)
    assert [(flip["run_id"], flip["route"], flip["route_then"]) for flip in found["flips"]] == [
        ("one", "ROUTE_SYMBOL_SPECIFIC", "ROUTE_BLOCKED")
    ]
    assert [job["job_id"] for job in found["jobs_removed"]] == [f"sym_{TARGET}_{SYMBOL}"]
    assert answer("whatif", results.parent / "policy.yaml", "--results", results)["flips"] == []
    shown = call("whatif", high, "--runs", "one..two", "--results", results)
    assert shown.returncode == 0
    assert "50.0% of the decisions on pairs stay as they are" in shown.stdout


def test_an_override_is_set_listed_and_cleared(results: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(results, tmp_path / "results")
    made = answer(
        "override", "set", TARGET, "ROUTE_BLOCKED", "--reason", "pause", "--expires", "2999-12-31", "--author", "ben",
        "--results", folder,
    )  # fmt: skip
    assert (made["symbol"], made["route"], made["author"], made["pinned_pairs"]) == (None, "ROUTE_BLOCKED", "ben", 0)
    whole = call("override", "set", TARGET, "ROUTE_BLOCKED", "--reason", "pause", "--results", folder).stdout
    assert whole.startswith(
        f"{TARGET}, with all its pairs (0 in the newest run) but 1 with a pin of its own, is pinned to ROUTE_BLOCKED"
    )
    assert made["expires_at"].startswith("2999-12-31T00:00:00")
    assert [one["reason"] for one in answer("override", "list", "--results", folder)] == ["pause", "a trial"]
    shown = call(
        "override", "set", TARGET, "NONE", "ROUTE_BOTH", "--reason", "x", "--author", "ben", "--results", folder
    )
    assert shown.returncode == 0
    assert f"{TARGET} on NONE is pinned to ROUTE_BOTH from the next run on until it is cleared" in shown.stdout
    assert "holds no candidate" in shown.stderr
    assert answer("override", "clear", TARGET, SYMBOL, "--results", folder)["reason"] == "a trial"
    assert "is cleared" in call("override", "clear", TARGET, "--results", folder).stdout


def test_a_policy_is_tried_by_cases(results: Path) -> None:
    cases = results.parent / "cases.yaml"
    good = "{title: fine, target: y, symbol: A, local: {metric_name: r2, score: 0.7}, expect: ROUTE_SYMBOL_SPECIFIC}"
    cases.write_text(f"[{good}]", encoding="utf-8")
    policy = results.parent / "policy.yaml"
    assert answer("policy", "test", policy, cases)[0]["passed"] is True
    cases.write_text(f"[{good}, {good.replace('0.7', '0.4').replace('fine', 'low')}]", encoding="utf-8")
    assert [case["passed"] for case in answer("policy", "test", policy, cases, code=1)] == [True, False]
    shown = call("policy", "test", policy, cases)
    assert (shown.returncode, "1 of 2 cases get the route they expect" in shown.stdout) == (1, True)
    assert "FAILED" in shown.stdout
    policy.with_name("short.yaml").write_text(samples.SHORT_POLICY_YAML, encoding="utf-8")
    said = call("policy", "test", policy.with_name("short.yaml"), cases).stderr
    assert said.count("keys left out have the values of the default policy: semantics") == said.count("\n") == 1
    assert call("-q", "policy", "test", policy.with_name("short.yaml"), cases).stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["why", TARGET, SYMBOL, "--run", "nine"], "'nine' is no run, commit, plan or time"),
        (["history", "nothing"], "no run decided on 'nothing'"),
        (["diff", "one", "nine"], "'nine' is no run"),
        (["whatif", "none.yaml"], "policy file none.yaml cannot be read"),
        (["whatif", "{policy}", "--runs", "nine"], "'nine' is no run"),
        (["override", "set", TARGET, "BLOCKED", "--reason", "x"], "got 'BLOCKED'"),
        (
            ["override", "set", TARGET, "a", "b", "c", "--reason", "x"],
            "must be TARGET, SYMBOL and ROUTE, or TARGET and ROUTE, got 4 arguments",
        ),
        (["override", "set", TARGET, "ROUTE_BOTH"], "Missing option '--reason'"),
        (
            ["override", "set", TARGET, "ROUTE_BOTH", "--reason", "x", "--expires", "2020-01-01"],
            "expires_at must be later than",
        ),
        (
            ["override", "set", TARGET, "ROUTE_BOTH", "--reason", "x", "--expires", "soon"],
            "must be a time",
        ),
        (["override", "clear", "nothing"], "no override is in force on 'nothing'"),
        (["override", "nonsense"], "No such command"),
    ],
)
def test_a_wrong_call_is_one_clear_line_and_writes_nothing(results: Path, arguments: list[str], said: str) -> None:
    given = [argument.replace("{policy}", str(results.parent / "policy.yaml")) for argument in arguments]
    more = [] if arguments[-1] == "nonsense" else ["--results", str(results)]
    done = call(*given, *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(answer("log", "--results", results)) == 4


def test_an_empty_store_is_said_plainly(results: Path, tmp_path: Path) -> None:
    assert call("init", "--results", tmp_path).returncode == 0
    policy = results.parent / "policy.yaml"
    for verb in (["why", "y"], ["history", "y"], ["diff", "1", "2"], ["whatif", str(policy)]):
        done = call(*verb, "--results", tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
    assert call("override", "list", "--results", tmp_path).stdout == "No override is in force.\n"
    assert answer("override", "list", "--results", tmp_path) == []


def older_override(store: planstore.Store, **said: str) -> None:
    """Record an override as an older planstore did, which took control characters."""
    with (
        closing(store.access.ledger.writer()) as session,
        store.access.ledger.commit(session, CommitKind.OVERRIDE, run_id=None) as w,
    ):
        pair: dict[str, Any] = {"override_id": "older", "target": NAME, "symbol": NAME, "route": "ROUTE_BLOCKED"}
        w.append("overrides", **pair | said, expires_at=None, cleared=False)


def test_names_do_not_act_on_the_terminal(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store:
        for score in (0.7, 0.4):
            route(store, [samples.record(NAME, None, 0.7), samples.record(NAME, NAME, score)])
        older_override(store, reason=SAID, author=SAID)
        route(store, [samples.record(NAME, None, 0.7), samples.record(NAME, NAME, 0.4)])
    policy = tmp_path / "policy.yaml"
    policy.write_text(samples.POLICY_YAML, encoding="utf-8")
    for verb in (
        ["why", NAME, NAME], ["why", SAID, "none"], ["history", NAME, NAME], ["diff", "1", "4"],
        ["override", "list"], ["override", "clear", SAID, "none"], ["whatif", str(policy)],
        ["override", "set", NAME, NAME, "ROUTE_BOTH", "--reason", SAID, "--author", SAID],
    ):  # fmt: skip
        done = call(*verb, "--results", tmp_path)
        assert "\x1b" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        if verb[0] != "whatif":
            assert any(shown in done.stdout + done.stderr for shown in ("[red]x[/red]\\nnext", "[red]\\x1b[31m"))
    assert answer("why", NAME, NAME, "--results", tmp_path)["target"] == NAME
