"""The command line as a newcomer and a script use it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import demo_history
import forks
import markets
import samples
from planstore.ledger.marker import FORMAT
from reference.json_output import section

ROOT = Path(__file__).parents[2]
VERBS = (
    "init",
    "evidence",
    "route",
    "plan",
    "train",
    "predict",
    "status",
    "jobs",
    "log",
    "tail",
    "why",
    "why-train",
    "history",
    "diff",
    "ui",
    "whatif",
    "report",
    "sql",
    "export",
    "rebuild",
    "verify",
    "anchor",
    "key",
    "panel",
    "compact",
    "backup",
    "copy",
    "restore",
    "migrate",
    "doctor",
    "du",
    "demo",
    "override",
    "policy",
    "candidates",
    "models",
    "outcomes",
    "calibrate",
    "backtest",
)
GROUPS = {
    "candidates": ("check",),
    "models": ("export",),
    "panel": ("list", "clean"),
    "outcomes": ("record", "measure"),
    "override": ("set", "list", "clear"),
    "policy": ("show", "validate", "diff", "test", "schema"),
}
READING = (
    ["plan"],
    ["train", "panel"],
    ["predict", "panel", "--out", "out.parquet"],
    ["models"],
    ["models", "export", "job", "dir"],
    ["outcomes"],
    ["calibrate"],
    ["backtest", "policy.yaml"],
    ["outcomes", "record", "outcomes.csv"],
    ["status"],
    ["jobs"],
    ["log"],
    ["why", "y_up_01_10m"],
    ["why-train", "cs_y_up_01_10m"],
    ["history", "y_up_01_10m"],
    ["diff", "1", "1"],
    ["override", "list"],
    ["override", "clear", "y_up_01_10m"],
    ["report"],
    ["sql", "from runs"],
    ["export"],
    ["rebuild"],
    ["verify"],
    ["anchor"],
    ["compact"],
    ["migrate"],
)


def call(
    *arguments: str | Path, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [forks.planstore(), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
        env=os.environ | {"COLUMNS": "200"} | (environment or {}),
    )


def answer(*arguments: str | Path, code: int = 0, environment: dict[str, str] | None = None) -> Any:
    done = call(*arguments, "--json", environment=environment)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with candidates, a policy, and results of two runs."""
    made = tmp_path_factory.mktemp("cli")
    samples.parquet(made / "one.parquet", samples.records())
    samples.parquet(made / "two.parquet", samples.records(seed=5))
    (made / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    for name in ("one", "two"):
        done = call(
            "route",
            made / f"{name}.parquet",
            "--policy",
            made / "policy.yaml",
            "--results",
            made / "results",
            "--run-id",
            name,
        )
        assert done.returncode == 0, done.stderr
    return made


@pytest.mark.parametrize(
    "words", [(verb, *more) for verb in VERBS for more in ((one,) for one in GROUPS.get(verb, ("",)))]
)
def test_each_verb_explains_itself(words: tuple[str, str]) -> None:
    done = call(*(word for word in words if word), "--help")
    assert done.returncode == 0
    assert ("--results" in done.stdout) == (words[0] not in ("key", "policy", "candidates", "copy", "panel"))
    assert "--json" in done.stdout
    assert done.stderr == ""


def test_the_help_names_every_verb_and_no_other() -> None:
    found = re.findall(r"^  ([\w-]+)  ", call("--help").stdout.partition("Make plans:")[2], re.MULTILINE)
    assert sorted(found) == sorted(VERBS)


@pytest.mark.parametrize("arguments", READING, ids=lambda arguments: arguments[0])
def test_a_missing_store_is_said_and_not_made(tmp_path: Path, arguments: list[str]) -> None:
    done = call(*arguments, "--results", tmp_path / "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no store in" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results folder of a store without commits."""
    made = tmp_path_factory.mktemp("empty")
    assert call("init", "--results", made).returncode == 0
    return made


@pytest.mark.parametrize("arguments", READING, ids=lambda arguments: arguments[0])
def test_an_empty_store_is_answered_plainly(empty: Path, arguments: list[str]) -> None:
    done = call(*arguments, "--results", empty)
    assert "Traceback" not in done.stderr
    assert done.returncode == (
        0
        if arguments[0] in ("log", "sql", "rebuild", "verify", "anchor", "compact", "migrate") or "list" in arguments
        else 2
    )
    assert (done.stderr == "") == (done.returncode == 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "nothing"], "is no run, commit, plan or time"),
        (["why", "y_up_01_10m", "--run", "none"], "'none' is no run, commit, plan or time"),
        (["sql", "drop table runs"], "only reads: DROP is not allowed"),
        (["sql", "select nonsense from runs"], "nonsense"),
        (["sql", "select run_id::int from runs"], "Could not convert string"),
        (["export", "--format", "pdf"], "--format must be among json, yaml, markdown, got pdf"),
        (["route", "none.parquet", "--policy", "none.yaml"], "policy file none.yaml cannot be read"),
        (["nonsense"], "No such command"),
        (["route"], "Missing argument"),
    ],
)
def test_a_wrong_call_gets_one_error_and_exit_code_2(folder: Path, arguments: list[str], said: str) -> None:
    done = call(*arguments, *([] if arguments[0] in ("nonsense",) else ["--results", str(folder / "results")]))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_every_verb_prints_json_alone(folder: Path) -> None:
    results = folder / "results"
    assert [commit["run_id"] for commit in answer("log", "--results", results)] == ["two", "one"]
    plan = answer("plan", "--results", results)
    assert set(plan) == {"metadata", "jobs", "summary"}
    jobs = answer("jobs", "--results", results)
    assert [job["job_id"] for job in jobs] == [job["job_id"] for job in plan["jobs"]]
    assert {job["status"] for job in jobs} == {"planned"}
    why = answer("why", "y_up_01_10m", "SYM00", "--results", results)
    assert {
        "target",
        "symbol",
        "run_id",
        "commit_id",
        "route",
        "rule",
        "reasons",
        "evidence",
        "policy_id",
        "rules_id",
    } <= set(why)
    assert len(why["evidence"]) == 2
    assert answer("diff", "one", "two", "--results", results, code=1)["jobs"]
    plan_id = answer("plan", "one", "--results", results)["metadata"]["plan_id"]
    same = answer("diff", "one", "one", "--results", results)
    assert {name: same[name] for name in ("a", "b", "plan_a", "plan_b", "flips", "jobs")} == {
        "a": "one", "b": "one", "plan_a": plan_id, "plan_b": plan_id, "flips": [], "jobs": [],
    }  # fmt: skip
    assert (same["added"], same["removed"], same["changed"]) == (0, 0, 0)
    rows = answer(
        "sql",
        "select run_id, settings, 0.5 as half, null as nothing from runs order by commit_id",
        "--results",
        results,
    )
    assert [row["run_id"] for row in rows] == ["one", "two"]
    assert rows[0]["settings"]["include_blocked"] is False
    assert answer("sql", "select payload from history where type = 'run' limit 1", "--results", results)[0]["payload"][
        "run_id"
    ]
    assert answer("sql", "from runs where false", "--results", results) == []
    assert answer("export", "--results", results)["files"] > 5
    assert answer("rebuild", "--results", results)["same"] is True


def test_results_may_come_from_the_environment(folder: Path) -> None:
    assert len(answer("log", environment={"PLANSTORE_RESULTS": str(folder / "results")})) == 2


def test_route_takes_what_scripts_rely_on(folder: Path, tmp_path: Path) -> None:
    given: list[str | Path] = [
        "route", folder / "one.parquet", "--policy", folder / "policy.yaml", "--results", tmp_path,
        "--git-commit", "abc", "--config-hash", "cafe", "--metrics-snapshot", "snap.parquet",
    ]  # fmt: skip
    run = answer(*given, "--family", "LightGBM", "--family", "mlp", "--include-blocked", "--run-id", "r1")
    plan = answer("plan", "--results", tmp_path)
    assert plan["metadata"]["model_families"] == ["lightgbm", "mlp"]
    assert plan["metadata"]["model_families_requested"] == ["LightGBM", "mlp"]
    assert [plan["metadata"][name] for name in ("git_commit", "config_hash", "metrics_snapshot", "run_id")] == [
        "abc", "cafe", "snap.parquet", "r1",
    ]  # fmt: skip
    assert plan["summary"]["total_blocked"] == run["routes"]["ROUTE_BLOCKED"] > 0
    assert (tmp_path / "globals" / "training_plan" / "master_training_plan.json").exists()
    answer(*given, "--no-families", "--run-id", "r2")
    assert answer("plan", "--results", tmp_path)["metadata"]["model_families"] == []
    both = call(*given, "--no-families", "--family", "mlp")
    assert (both.returncode, "--family must be without --no-families" in both.stderr) == (2, True)
    assert len(answer("log", "--results", tmp_path)) == 2


def test_init_writes_a_policy_once(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    assert answer("init", "--results", tmp_path / "r", "--policy", policy)["commits"] == 0
    policy.write_text("mine", encoding="utf-8")
    assert call("init", "--results", tmp_path / "r", "--policy", policy).returncode == 2
    assert policy.read_text(encoding="utf-8") == "mine"


def test_names_do_not_break_tables_or_the_terminal(folder: Path, tmp_path: Path) -> None:
    name = "[bold]x[/bold]\nnext \u202e"
    samples.parquet(tmp_path / "c.parquet", [samples.record(name, None, 0.9), samples.record(name, "[red]", 0.9)])
    done = call("route", tmp_path / "c.parquet", "--policy", folder / "policy.yaml", "--results", tmp_path)
    assert done.returncode == 0, done.stderr
    shown = call("jobs", "--results", tmp_path).stdout
    assert "[bold]x[/bold]\\nnext \\u202e" in shown
    assert "[red]" in shown
    assert answer("jobs", "--results", tmp_path)[0]["target"] == name


def test_the_demo_tells_its_story_and_can_be_told_again(tmp_path: Path, shared_folder: Path) -> None:
    story = [line.split() for line in demo_history.copy(shared_folder, tmp_path / "demo").splitlines()]
    again = answer("demo", "--history", "--results", tmp_path / "demo")
    assert [year["year"] for year in again["years"]] == [str(year) for year in range(2012, 2023)]
    assert all(sum(year["routes"].values()) == 160 for year in again["years"])
    for year in again["years"]:
        counts = [year["routes"].get(route, 0) for route in again["routes"]]
        assert f"{year['year']} {' '.join(map(str, counts))} {year['jobs']} {year['changes']}".split() in story
    assert [flip for flip in again["flips"] if [*map(str, flip)] not in story] == []
    assert answer("calibrate", "--results", tmp_path / "demo")["states"] == again["calibration"]
    step = shlex.split(next(step for step in again["next_steps"] if " backtest " in step))
    judged = answer(*step[1:])
    assert judged["differences"][0]["policy"] == "pooled_policy"
    assert judged["differences"][0]["difference"]["low"] > 0
    page = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    assert section("demo --history", again) in page
    assert len(answer("log", "--results", tmp_path / "demo")) == 12
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "precious.txt").write_text("x", encoding="utf-8")
    refused = call("demo", "--results", tmp_path / "other")
    assert (refused.returncode, "a new or empty folder" in refused.stderr) == (2, True)


def test_sql_gives_every_column_and_nothing_that_is_no_json(folder: Path) -> None:
    results = ("--results", folder / "results")
    query = "select 1 as a, 2 as a, 'NaN'::json as n, '[1, {\"x\": 1e400}]'::json as big"
    assert answer("sql", query, *results) == [{"a": 1, "a_1": 2, "n": "NaN", "big": [1, {"x": "1e400"}]}]


def test_a_status_that_no_job_can_have_is_refused(folder: Path) -> None:
    done = call("jobs", "--status", "plannned", "--results", folder / "results")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--status must be one of planned, claimed, running, succeeded" in done.stderr


def test_a_name_cannot_act_on_the_terminal_from_a_message(folder: Path) -> None:
    done = call("plan", "a\x1b[31mb", "--results", folder / "results")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "a\\x1b[31mb" in done.stderr


def test_a_reading_verb_answers_as_of_a_commit_or_a_time(folder: Path) -> None:
    results = ("--results", folder / "results")
    first = answer("log", "--as-of", "1", *results)
    assert [commit["run_id"] for commit in first] == ["one"]
    assert answer("log", "--as-of", first[0]["recorded_at"], *results) == first
    assert answer("log", "--as-of", "2000-01-01", *results) == []
    assert answer("plan", "--as-of", "1", *results) == answer("plan", "one", *results)
    assert answer("sql", "select max(commit_id) as last from history", "--as-of", "1", *results) == [{"last": 1}]
    assert answer("why", "y_up_01_10m", "--as-of", "1", *results)["run_id"] == "one"
    done = call("jobs", "--as-of", "yesterday", *results)
    assert (done.returncode, done.stdout) == (2, "")
    assert "neither a commit's number nor a time" in done.stderr


def test_an_anchor_proves_later_that_nothing_before_it_was_altered(folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(folder / "results", results)
    done = call("anchor", "--results", results)
    assert re.fullmatch(r"2:[0-9a-f]{64}\n", done.stdout)
    kept = done.stdout.strip()
    call("route", folder / "one.parquet", "--policy", folder / "policy.yaml", "--results", results)
    assert answer("verify", "--anchor", kept, "--results", results)["holds"] is True
    found = answer("verify", "--anchor", f"2:{'0' * 64}", "--results", results, code=1)
    assert (found["holds"], found["findings"][0]["commit_id"]) == (False, 2)
    done = call("verify", "--anchor", f"9:{'0' * 64}", "--results", results)
    assert done.returncode == 1
    assert "commit 9, anchor: the ledger ends with commit 3" in done.stdout
    assert call("verify", "--anchor", "nonsense", "--results", results).returncode == 2


def test_a_migration_prints_restored_and_lost_values_and_fails_where_some_were_lost(tmp_path: Path) -> None:
    with tarfile.open(Path(__file__).parents[1] / "golden_store" / "format-2-lost.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    assert "run `planstore migrate`" in call("log", "--results", tmp_path / "results").stderr
    done = call("migrate", "--results", tmp_path / "results")
    assert done.returncode == 1
    assert f"The store was of format 2 and is of format {FORMAT} now." in done.stdout
    assert "4 values that could not be read" in done.stdout
    assert "  commit 4, runs.settings, position 1: {'metrics_snapshot': '\\'," in done.stdout
    assert "Lost by the older format" in done.stdout
    assert "  commit 1, runs: its rows have the digest" in done.stdout
    assert call("migrate", "--results", tmp_path / "results").stdout.startswith(f"The store has format {FORMAT}")


def test_a_store_is_compacted_backed_up_and_restored(folder: Path, tmp_path: Path) -> None:
    results, backup, again = tmp_path / "results", tmp_path / "backup", tmp_path / "again"
    shutil.copytree(folder / "results", results)
    anchor = answer("anchor", "--results", results)
    assert answer("compact", "--grace-hours", "0", "--results", results)["flushed"] > 0
    assert answer("backup", backup, "--results", results)["backup"] == str(backup)
    assert answer("restore", backup, "--results", again)["holds"] is True
    assert answer("anchor", "--results", again) == anchor
    assert answer("migrate", "--results", again) == {"before": FORMAT, "after": FORMAT, "restored": [], "lost": []}
    done = call("restore", backup, "--results", again)
    assert (done.returncode, done.stdout) == (2, "")
    assert "restore into another results folder" in done.stderr
    assert call("restore", tmp_path / "nothing", "--results", tmp_path / "x").returncode == 2
    assert not (tmp_path / "x").exists()


def test_a_route_repeated_under_its_key_is_said_to_be_the_first(folder: Path, tmp_path: Path) -> None:
    call_it = ("route", folder / "one.parquet", "--policy", folder / "policy.yaml", "--results", tmp_path)
    first = answer(*call_it, "--idempotency-key", "k")
    assert (first["commit_id"], first["is_new"], first["is_new_plan"]) == (1, True, True)
    repeated = answer(*call_it, "--idempotency-key", "k")
    assert repeated == {**first, "is_new": False, "files_written": 0}
    done = call(*call_it, "--idempotency-key", "k")
    assert done.stdout.splitlines()[0] == f"Run {first['run_id']}, commit 1: already recorded; nothing new"
    assert f"{first['plan_id']}, published by this run" in done.stdout
    done = call(*call_it, "--expected-commit", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "commit 0 was expected to be the newest, but commit 1 is" in done.stderr


def test_evidence_ranks_a_panel_and_its_candidates_are_routed(tmp_path: Path) -> None:
    panel = markets.write_panel(tmp_path / "panel", ("AAA", "BBB"), 200)
    given: list[str | Path] = ["evidence", panel, "--results", tmp_path, "--workers", "1", "--folds", "2"]
    found = answer(*given, "--out", tmp_path / "candidates.parquet")
    assert {one["target"] for one in found["targets"]} == set(markets.TARGETS)
    assert {"score", "null_score", "interval", "leakage", "mean_overlap", "skill"} <= set(found["targets"][0])
    assert (found["settings"]["folds"], found["troubles"]) == (2, [])
    run = answer("route", tmp_path / "candidates.parquet", "--policy", write_policy(tmp_path), "--results", tmp_path)
    assert sum(run["routes"].values()) == 6
    kinds = [(commit["kind"], commit["message"]) for commit in answer("log", "--results", tmp_path)]
    assert kinds[1:] == [("evidence", f"evidence {run['evidence_id'][:12]}")]
    (panel / "BBB.parquet").write_bytes(b"")
    told = call(*given, "--pooled", "--target", "y_up_1d", "--target", "y_level_2d")
    assert told.returncode == 1
    assert "symbol BBB is left out" in told.stderr
    assert re.findall(r"^y_\w+", told.stdout, re.MULTILINE) == ["y_up_1d", "y_level_2d"]
    rows = pq.read_table(panel / "AAA.parquet")
    pq.write_table(rows.append_column("the answer", rows["y_up_1d"]), panel / "AAA.parquet")
    told = call(*given, "--pooled", "--target", "y_up_1d")
    assert "To leave out features that know the future, measure again with --ignore 'the answer'." in told.stdout
    raised = "--leakage-limit future=SUSPECT,BLOCKED --leakage-limit single=SUSPECT,BLOCKED"
    assert f"raise the limits instead: {raised} (now future=0.6,0.8; single=0.85,0.95)." in told.stdout
    refused = call(*given, "--out", tmp_path / "none" / "c.parquet")
    assert (refused.returncode, "in an existing folder" in refused.stderr) == (2, True)
    refused = call("evidence", tmp_path / "none", "--results", tmp_path)
    assert (refused.returncode, "there is no such file or folder" in refused.stderr) == (2, True)


def write_policy(folder: Path) -> Path:
    (folder / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    return folder / "policy.yaml"
