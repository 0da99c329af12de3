"""Conventions that all verbs share: help in groups with examples, JSON errors, flags of one meaning, git commits."""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperOption
from typer.testing import CliRunner

import forks
import markets
import planstore
import samples
from planstore import JobStatus
from planstore.cli.git import working_commit
from planstore.cli.verb_groups import EXAMPLES, GROUPS
from planstore.cli.verbs import app
from planstore.errors import RequestError
from reference.command_line import verbs
from verbs_forked import Call, endings


def test_every_verb_is_in_one_group_of_the_help_and_has_examples_that_its_options_allow() -> None:
    group: Any = typer.main.get_command(app)
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(group.commands)
    assert EXAMPLES.keys() == group.commands.keys() - {"override", "policy", "models", "candidates", "outcomes"}
    for name, examples in EXAMPLES.items():
        for example in examples:
            program, verb, *words = shlex.split(example)
            assert (program, verb) == ("planstore", name)
            command = group.commands[name]
            assert "--help" not in words
            command.make_context(name, words)


def test_the_help_shows_the_groups_and_the_examples_as_they_are() -> None:
    group: Any = typer.main.get_command(app)
    text = group.get_help(typer.Context(group, info_name="planstore", terminal_width=100))
    assert [text.index(f"\n{heading}:\n") for heading in GROUPS] == sorted(text.index(f"\n{one}:\n") for one in GROUPS)
    route = group.commands["route"]
    shown = route.get_help(typer.Context(route, info_name="planstore route", terminal_width=60))
    assert shown.endswith("".join(f"\n  {example}" for example in EXAMPLES["route"]))


@pytest.mark.parametrize("words", [(), ("override",), ("policy",), ("models",)])
def test_the_help_breaks_summaries_and_cuts_none(words: tuple[str, ...]) -> None:
    group: Any = typer.main.get_command(app)
    for word in words:
        group = group.commands[word]
    text = " ".join(group.get_help(typer.Context(group, info_name="planstore", terminal_width=60)).split())
    for name, command in group.commands.items():
        first = " ".join(command.help.split("\n\n")[0].split())
        assert any(f"{name} {first[:length]}" in text for length in (len(first), first.find(". ") + 1) if length), name


def test_flags_of_one_name_have_one_meaning() -> None:
    meanings: dict[str, set[str | None]] = {}
    for words, verb in verbs().items():
        for one in verb.params:
            for flag in {"--plan", "--run", "--limit", "--as-of", "--json"}.intersection(one.opts):
                # because a file of rows has no limit by default and may name its runs, and two verbs take several runs
                if isinstance(one, TyperOption) and (words, flag) not in {
                    ("planstore sql", "--limit"),
                    ("planstore whatif", "--run"),
                    ("planstore outcomes measure", "--run"),
                    ("planstore outcomes record", "--run"),
                }:
                    meanings.setdefault(flag, set()).add(one.help)
            if "--out" in one.opts:
                assert "an existing file is replaced" in (getattr(one, "help", "") or ""), words
    assert {flag: len(helps) for flag, helps in meanings.items()} == dict.fromkeys(meanings, 1)
    assert meanings["--plan"] == meanings["--run"]
    with_plan = {words for words, verb in verbs().items() for one in verb.params if "--plan" in one.opts}
    assert {"planstore jobs", "planstore status", "planstore models export", "planstore train"} <= with_plan
    writing = {words for words, verb in verbs().items() for one in verb.params if "--output" in one.opts}
    assert writing <= {words for words, verb in verbs().items() for one in verb.params if "--out" in one.opts}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with candidates, a policy, a panel and a store with a run."""
    made = tmp_path_factory.mktemp("conventions")
    samples.parquet(made / "candidates.parquet", samples.records())
    (made / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    markets.write_panel(made / "panel", days=30)
    with planstore.open(made / "results") as store:
        store.route(made / "candidates.parquet", made / "policy.yaml")
    return made


NAMED = {"target", "symbol", "run", "runs", "plan", "job", "family", "status", "kind", "format", "executor"}
FROM_THE_CALLER = {
    ("planstore evidence", "target"),  # because they are columns and symbols of a panel, which no store knows
    ("planstore evidence", "symbol"),
    ("planstore outcomes measure", "target"),
    ("planstore outcomes measure", "symbol"),
    ("planstore backup", "target"),  # because it is a folder
    ("planstore copy", "target"),
}


def test_every_argument_that_names_something_of_the_store_is_completed() -> None:
    missing = {
        (words, str(one.name))
        for words, verb in verbs().items()
        for one in verb.params
        if one.name in NAMED and getattr(one, "_custom_shell_complete", None) is None
    }
    assert missing == FROM_THE_CALLER


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jobs", "--status", "x"], "--status must be one of planned, "),
        (["log", "--kind", "x"], "--kind must be one of run, "),
        (["train", "panel", "--executor", "x"], "--executor must be local or ray, "),
        (["train", "panel", "--ray-address", "x"], "--ray-address must be without "),
        (["evidence", "nopanel", "--executor", "x"], "--executor must be local or ray, "),
        (["evidence", "nopanel", "--ray-address", "x"], "--ray-address must be without "),
        (["evidence", "nopanel", "--estimate", "--out", "c.parquet"], "--out must be given without --estimate"),
        (["evidence", "nopanel", "--estimate", "--executor", "ray"], "--estimate must be with executor local, got ray"),
        (["predict", "panel", "--out", "x.csv"], "--out must be a .parquet file "),
        (["export", "--format", "x"], "--format must be among json, "),
        (["override", "list", "--expires-before", "x"], "--expires-before must be a time "),
        (["route", "candidates.parquet", "--policy", "policy.yaml", "--run-id", "2"], "--run-id must be a name "),
    ],
)
def test_an_error_names_an_option_as_it_is_typed(folder: Path, words: list[str], said: str) -> None:
    with contextlib.chdir(folder):
        failed = CliRunner().invoke(app, [*words, "--results", "results"]).exception
    assert isinstance(failed, RequestError)
    assert str(failed).startswith(said)


def test_jobs_and_status_are_those_of_the_plan_that_is_named(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "results") as store:
        old = store.route(samples.table(samples.records()), samples.policy(), run_id="old")
        store.route(samples.table(samples.records(seed=5)), samples.policy(), run_id="new")
        jobs = {run: [job["job_id"] for job in store.training.jobs(plan=run)] for run in ("old", "new")}
        assert jobs["old"] != jobs["new"]
        with store.training.status_writer() as writer:
            for job in jobs["old"]:
                writer.record(JobStatus(old.plan_id, job, "failed"))
    results = ["--results", str(tmp_path / "results")]
    calls = [
        Call([*words, *results], output=str(tmp_path / f"{place}"))
        for place, words in enumerate(
            (["jobs", "--plan", "old", "--json"], ["status", "--plan", "old"], ["jobs", "--plan", "old", "--watch"])
        )
    ]
    assert [one.code for one in endings(calls, tmp_path)] == [0, 0, 0]
    listed, status, watched = ((tmp_path / f"{place}").read_text() for place in range(3))
    assert [job["job_id"] for job in json.loads(listed)] == jobs["old"]
    assert status.startswith(f"Plan {old.plan_id}: {len(jobs['old'])} failed\n")
    assert watched == f"{len(jobs['old'])} failed\n"


def test_jobs_are_those_of_several_targets_and_symbols_and_a_misspelled_one_is_named(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "results") as store:
        store.route(samples.table(samples.records()), samples.policy(), ["linear"])
        jobs = store.training.jobs()
    targets = sorted({job["target"] for job in jobs})[:2]
    symbols = sorted({job["symbol"] for job in jobs if job["symbol"]})[:2]
    wanted = [job["job_id"] for job in jobs if job["target"] in targets and job["symbol"] in symbols]
    assert len(targets) == len(symbols) == 2
    given = [option for kind, names in (("--target", targets), ("--symbol", symbols)) for one in names
             for option in (kind, one)]  # fmt: skip
    listed = tmp_path / "listed"
    calls = [Call(["jobs", *given, "--json"], output=str(listed)), Call(["jobs", "--target", f"{targets[0]}x"])]
    both, wrong = endings(calls, tmp_path)
    assert [job["job_id"] for job in json.loads(listed.read_text())] == wanted
    assert (both.code, both.error, wrong.code) == (0, "", 0)
    assert f"must be one of a job of plan {store.run().plan_id[:12]}, got '{targets[0]}x': did you mean" in wrong.error


def test_errors_under_json_are_one_json_object_on_standard_error(tmp_path: Path) -> None:
    calls = {
        ("plan",): ("StoreMissingError", "there is no store in"),
        ("plan", "--nonsense"): ("RequestError", "No such option: --nonsense"),
        ("plan", "-q"): ("RequestError", "-q: it stands before the verb, as in `planstore -q plan`"),
        ("override", "list", "--log-format", "json"): ("RequestError", "as in `planstore --log-format override list`"),
        ("--limit", "3", "log"): ("RequestError", "--limit: it stands after the verb, as in `planstore VERB --limit`"),
        ("route",): ("RequestError", "Missing argument"),
        ("nonsense",): ("RequestError", "No such command 'nonsense'"),
    }
    ended = endings([Call([*words, "--json"]) for words in calls], tmp_path)
    for one, (kind, said) in zip(ended, calls.values(), strict=True):
        error = json.loads(one.error)
        assert (one.code, error["exit_code"], error["error"], error["commits"]) == (2, 2, kind, [])
        assert said in error["message"]


def test_the_log_is_filtered_by_actor_kind_and_time(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store:
        store.route(samples.table(samples.records()), samples.policy(), run_id="one")
        store.overrides.set("y_up_01_10m", None, "ROUTE_BLOCKED", reason="x", author="somebody")
        newest, first = store.log()
        assert [one["kind"] for one in store.log(kind="run")] == ["run"]
        assert store.log(actor=first["actor"]) == [one for one in (newest, first) if one["actor"] == first["actor"]]
        assert store.log(actor="nobody") == []
        assert store.log(since=newest["recorded_at"]) == [newest]
        assert store.log(until=newest["recorded_at"]) == [first]
        assert store.log(since=newest["recorded_at"] + timedelta(seconds=1)) == []
        wrong: dict[str, Any]
        refused: dict[str, dict[str, Any]] = {
            "kind must be one of run, ": {"kind": "runs"},
            "since must be a time": {"since": "then"},
        }
        for said, wrong in refused.items():
            with pytest.raises(RequestError, match=said):
                store.log(**wrong)
    for words, expected in (
        (["--actor", str(first["actor"]), "--kind", "run"], [1]),
        (["--actor", "nobody"], []),
        (["--since", f"{newest['recorded_at']:%Y-%m-%dT%H:%M:%S.%fZ}"], [2]),
        (["--until", f"{newest['recorded_at']:%Y-%m-%dT%H:%M:%S.%fZ}"], [1]),
    ):
        shown = CliRunner().invoke(app, ["log", "--results", str(tmp_path), "--json", *words])
        assert [commit["commit_id"] for commit in json.loads(shown.stdout)] == expected, words


def test_the_version_is_that_of_the_package() -> None:
    shown = CliRunner().invoke(app, ["--version"])
    assert (shown.exit_code, shown.stdout) == (0, f"planstore {metadata.version('planstore')}\n")


def test_watching_prints_a_line_for_each_change_of_a_job(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store:
        run = store.route(samples.table(samples.records()), samples.policy())
        jobs = [job["job_id"] for job in store.training.jobs()]
        words = [forks.planstore(), "jobs", "--watch", "--results", str(tmp_path)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
            assert watching.stdout is not None
            assert watching.stdout.readline() == f"{len(jobs)} planned\n"
            with store.training.status_writer() as writer:

                def record(job: str, status: str, **fields: Any) -> None:
                    writer.record(JobStatus(run.plan_id, job, status, worker="w\n1", **fields))

                record(jobs[0], "running")
                assert watching.stdout.readline()[8:] == f" {jobs[0]} running, w\\n1\n"
                record(jobs[0], "failed", error="no rows")
                for job in jobs[1:]:
                    record(job, "succeeded", metrics={"score": 0.61239})
            said, errors = watching.communicate(timeout=60)
        found = [line[9:] for line in said.splitlines()[:-1]]
        assert found[0] == f"{jobs[0]} failed, w\\n1: no rows"
        assert found[1:] == [f"{job} succeeded, w\\n1, score 0.61239" for job in jobs[1:]]
        assert said.splitlines()[-1] == f"1 failed, {len(jobs) - 1} succeeded"
        assert (watching.returncode, errors) == (0, "")
        nothing = CliRunner().invoke(app, ["jobs", "--watch", "--symbol", "NOPE", "--results", str(tmp_path)])
        assert str(nothing.exception).startswith("the symbol must be one of a job of plan"), nothing.output
        listed = CliRunner().invoke(app, ["jobs", "--symbol", "NOPE", "--results", str(tmp_path)])
        assert (listed.exit_code, listed.stdout.splitlines()[0]) == (0, "0 jobs")
        assert "the symbol must be one of a job of plan" in listed.stderr


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_run_records_the_git_commit_of_its_folder_unless_one_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(repository)
    assert working_commit() is None
    git(repository, "init", "--quiet")
    assert working_commit() is None  # because it has no commit yet
    (repository / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    git(repository, "add", "policy.yaml")
    git(repository, "commit", "--quiet", "--message", "policy")
    commit = git(repository, "rev-parse", "HEAD")
    samples.parquet(repository / "c.parquet", samples.records())
    assert working_commit() == commit  # because files that git does not track say nothing of the code
    words = ["route", "c.parquet", "--policy", "policy.yaml", "--idempotency-key", "night"]
    with (repository / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert working_commit() == f"{commit}-dirty"
    ended = endings([Call(words), Call([*words[:-1], "given", "--git-commit", "mine"])], repository)
    git(repository, "commit", "--quiet", "--all", "--message", "changed")
    ended += endings([Call(words)], repository)  # the same call, which a new commit of the code does not change
    assert [one.code for one in ended] == [0, 0, 0], ended
    with planstore.open(repository / "results") as store:
        rows = store.sql("select git_commit from runs order by commit_id").fetchall()
        assert rows == [(f"{commit}-dirty",), ("mine",)]
    monkeypatch.setenv("PATH", "")
    assert working_commit() is None
