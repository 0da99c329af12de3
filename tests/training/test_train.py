"""Training the current plan on processes of this machine, from Python and from the command line."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

import forks
import markets
import planstore
import samples
from estimators import families_file, until, waiting_pids
from ledger_checks import check_ledger
from planstore import FamiliesError, NotFoundError, PanelError, PlanStaleError, PlanstoreError, RequestError
from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.events.hashing import digest_of
from planstore.training.execution import executor_settings
from planstore.training.execution.executor_settings import ExecutorSettings
from planstore.training.execution.memory import LargestFit, affordable_workers
from planstore.training.execution.outcome import Training, TrainingWarning
from planstore.training.execution.train import train
from planstore.training.panel.panel import Panel

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "COLUMNS": "300"}
MANY = {"cross_sectional": 10**9, "symbol": 10**9}


@dataclass(frozen=True)
class Trained:
    """A plan that was trained, by two workers."""

    store: Store
    panel: Panel
    training: Training
    log: list[str]
    seen: list[dict[str, int]]


class _Listening(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.INFO)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    folder = tmp_path_factory.mktemp("trained")
    panel, heard, seen = markets.panel(folder / "panel"), list[str](), list[dict[str, int]]()
    logger, listening = logging.getLogger("planstore.training"), _Listening(heard)
    logger.addHandler(listening)
    logger.setLevel(logging.INFO)
    with planstore.open(folder / "results") as store:
        markets.route(store, ["lightgbm", "linear", "nothing"], targets=["y_up_1d", "fwd_ret_1d"])
        training = train(store, panel, workers=2, progress=seen.append)
        logger.removeHandler(listening)
        yield Trained(store, panel, training, heard, seen)


def test_every_job_of_the_plan_is_trained_once_and_nothing_else(trained: Trained) -> None:
    planned = [job["job_id"] for job in trained.store.plan().jobs]
    assert [job["job_id"] for job in trained.training.jobs] == planned
    assert trained.training.progress == {"succeeded": len(planned)}
    rows = trained.store.sql("select job_id, attempt from job_status where status = 'succeeded'").fetchall()
    assert sorted(rows) == sorted((job, 1) for job in planned)
    assert trained.seen[-1] == {"succeeded": len(planned)}
    check_ledger(trained.store.results)
    assert trained.store.integrity.verify().findings == []
    assert trained.store.integrity.verify().unreferenced == []


def test_the_log_says_what_the_plan_left_of_the_targets(trained: Trained) -> None:
    assert "Training plan filter applied: 3 → 2 targets" in trained.log
    assert "Using model families from training plan" in trained.log
    assert trained.training.targets == ["y_up_1d", "fwd_ret_1d"]


def test_scores_out_of_sample_stand_beside_those_of_the_evidence(trained: Trained) -> None:
    for job in trained.training.jobs:
        assert job["metrics"]["evidence_score"] == (0.7 if job["symbol"] is None else 0.65)
        assert job["metrics"]["score"] > 0.2
        assert "family nothing is not registered" in job["left_out"]
        assert job["error"] is None
    (both,) = [job for job in trained.training.jobs if job["route"] == "ROUTE_BOTH"]
    assert {"score_local", "score_pooled"} <= set(both["metrics"])


def test_a_model_leads_back_to_its_job_plan_decision_evidence_and_policy(trained: Trained) -> None:
    chain = trained.store.sql("from trained_models where symbol = 'AAA' and target = 'fwd_ret_1d' order by family")
    model, other = chain.to_arrow_table().to_pylist()
    assert (model["family"], other["family"]) == ("lightgbm", "linear")
    content = trained.store.access.ledger.artifacts.get(model["digest"])
    assert content.startswith(b"tree\nversion=")
    assert model["size"] == len(content)
    why = trained.store.why("fwd_ret_1d", "AAA")
    assert (model["plan_id"], model["policy_id"], model["route"]) == (why.plan_id, why.policy_id, why.route)
    assert model["reasons"] == why.reasons
    assert model["evidence_score"] == 0.65
    assert model["evidence_id"] == why.evidence_id


def test_a_second_training_finds_nothing_to_do(trained: Trained) -> None:
    commits = len(trained.store.log())
    again = train(trained.store, trained.panel, workers=1)
    assert again.jobs == trained.training.jobs
    assert len(trained.store.log()) == commits


def test_a_training_that_is_interrupted_cancels_what_it_holds_for_others_to_claim(tmp_path: Path) -> None:
    panel = markets.panel(tmp_path / "panel")
    with planstore.open(tmp_path / "results") as store:
        markets.route(store, ["waiting"], targets=["fwd_ret_1d"])

        def interrupt(_: dict[str, int]) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(store, panel, workers=2, families=families_file(tmp_path), progress=interrupt)
        counts = dict(store.training.progress().counts)
        assert counts == {"cancelled": 2, "planned": 1}
        assert {job["error"] for job in store.training.jobs(status="cancelled")} == {"the training was interrupted"}
        assert store.integrity.verify().holds


def test_an_executor_without_its_extra_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(executor_settings.EXECUTORS, "nimbus", executor_settings.EXECUTORS["ray"])
    with pytest.raises(RequestError, match=r"got no package nimbus: run pip install 'planstore\[nimbus\]'"):
        ExecutorSettings("nimbus")


def test_what_cannot_be_used_is_refused_before_anything_is_recorded(tmp_path: Path) -> None:
    panel = markets.panel(tmp_path / "panel", ["AAA"])
    with planstore.open(tmp_path / "results") as store:
        with pytest.raises(NotFoundError, match="no run yet"):
            train(store, panel)
        markets.route(store)
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"executor": "cloud"}, "executor must be local or ray, got 'cloud'"),
            ({"workers": 0}, "workers must be at least 1, got 0"),
            ({"max_fit_rows": 0}, "max_fit_rows must be at least 1, got 0"),
            ({"max_attempts": 0}, "max_attempts must be at least 1, got 0"),
            ({"ray_address": "somewhere:1"}, "ray_address must be without executor local"),
        ]
        for options, said in wrong:
            with pytest.raises(RequestError, match=said):
                train(store, panel, **options)
        assert len(store.log()) == 1


def test_all_but_the_panel_is_checked_before_the_panel_is_read(tmp_path: Path) -> None:
    results = str(tmp_path / "results")
    with planstore.open(results) as store:
        markets.route(store, ["linear"], targets=["fwd_ret_1d"])
        markets.route(store, ["linear"])
        (old, new) = (row["run_id"] for row in reversed(store.log()))
    wrong: dict[tuple[str, ...], tuple[type[PlanstoreError], str]] = {
        ("--executor", "dask"): (RequestError, "executor must be local or ray, got 'dask'"),
        ("--ray-address", "there:1"): (RequestError, "--ray-address must be without executor local"),
        ("--plan", "nosuch"): (NotFoundError, "'nosuch' is no run, commit, plan or time"),
        ("--plan", old): (PlanStaleError, "the evidence has changed"),
        ("--families", "none.yaml"): (FamiliesError, "none.yaml cannot be read"),
        ("--plan", new): (PanelError, "there is no such file or folder"),
    }
    for options, (kind, said) in wrong.items():
        done = CliRunner().invoke(app, ["train", "nopanel", "--results", results, *options])
        assert isinstance(done.exception, kind), options
        assert said in str(done.exception)


def test_another_panel_is_refused_before_any_job(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    panel = markets.panel(tmp_path / "panel", ["AAA"], days=120)
    with planstore.open(tmp_path / "results") as store:
        store.route(markets.candidates(["BBB"], ["y_up_1d"]), samples.policy(), ["linear"], run_id="symbol")
        store.route(markets.candidates(["AAA"], ["y_up_2d"]), samples.policy(), ["linear"], run_id="target")
        store.route(markets.candidates(["AAA"], ["y_up_1d", "y_up_2d"]), samples.policy(), ["logistic"], run_id="half")
        wrong: list[tuple[str, dict[str, Any], str]] = [
            ("symbol", {}, "must have a symbol of plan [0-9a-f]{12}, such as BBB, got AAA: train on the panel"),
            (
                "target",
                {},
                "must have a target of plan [0-9a-f]{12}, such as y_up_2d, got fwd_ret_1d, y_level_2d, y_up",
            ),
            ("half", {"features": {"y_up_1d": ["f0", "f9"]}}, "the evidence selected, and lacks f9 for y_up_1d"),
        ]
        for run, options, said in wrong:
            with pytest.raises(PanelError, match=said):
                train(store, panel, plan=run, force=True, **options)
        assert len(store.log()) == 3
        assert train(store, panel, workers=1, plan="half").progress == {"failed": 2, "succeeded": 2}
    assert "the panel lacks 1 of 2 targets of the plan: y_up_2d" in caplog.messages


def test_a_plan_without_a_trained_model_is_a_warning_and_exit_code_1(tmp_path: Path) -> None:
    results, folder = tmp_path / "results", markets.write_panel(tmp_path / "panel", ["AAA"], days=120)
    panel, families = Panel.read(folder), families_file(tmp_path)
    with planstore.open(results) as store:
        plan = markets.route(store, ["absent"], symbols=["AAA"], targets=["fwd_ret_1d"])[:12]
        said = (
            f"nothing is trained: of the jobs of plan {plan}, 1 skipped; the first, sym_fwd_ret_1d_AAA: family absent"
        )
        with pytest.warns(TrainingWarning, match=said):
            skipped = train(store, panel, workers=1, families=families)
        assert str(skipped).startswith(said)
        assert said in repr(skipped)
        markets.route(store, ["raising"], symbols=["AAA"], targets=["fwd_ret_1d"])
        with pytest.warns(TrainingWarning, match="1 failed; the first, sym_fwd_ret_1d_AAA: family raising: ValueError"):
            train(store, panel, workers=1, families=families)
        store.route(markets.candidates(["AAA"], ["fwd_ret_1d"]), samples.policy(min_sample_size=MANY), ["linear"])
    done = call("train", folder, "--results", results, code=1)
    assert done.stderr.splitlines()[-1].startswith("planstore: nothing is trained: plan ")
    assert done.stderr.splitlines()[-1].endswith(" has no job to train; `planstore why` explains routes")
    assert done.stdout == call("jobs", "--results", results, code=0).stdout == "0 jobs\n"


SCRIPT = """
import sys
from pathlib import Path
import planstore
from planstore.training.panel.panel import Panel
from planstore.training.execution.train import train
folder = Path(sys.argv[1])
with planstore.open(folder / "results") as store:
    train(store, Panel.read(folder / "panel"), workers=1, families=folder / "families.yaml")
"""


def test_a_signal_cancels_the_jobs_under_way(tmp_path: Path) -> None:
    """Both from the command line and in a script of the user's own, which then ends as SIGTERM ends it."""
    results, folder = tmp_path / "results", markets.write_panel(tmp_path / "panel", days=120)
    families = families_file(tmp_path)
    with planstore.open(results) as store:
        markets.route(store, ["waiting"], targets=["fwd_ret_1d"])
        given: list[str | Path] = ["train", folder, "--results", results, "--families", families, "--workers", "1"]
        verb, script = (forks.PLANSTORE, *map(str, given)), (sys.executable, "-c", SCRIPT, str(tmp_path))
        ways = [
            (verb, signal.SIGTERM, 143), (script, signal.SIGTERM, -signal.SIGTERM), (verb, signal.SIGHUP, 129),
        ]  # fmt: skip
        for number, (command, sent, code) in enumerate(ways, 1):
            training = subprocess.Popen(
                command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # because nohup ignores it
            )  # fmt: skip
            until(lambda before=number: len(waiting_pids(tmp_path)) == before)
            training.send_signal(sent)
            _, said = training.communicate(timeout=60)
            assert (training.returncode, "Traceback" in said) == (code, False)
            if code > 0:
                line = said.splitlines()[-1]
                assert line.startswith(
                    f"planstore: ended by {sent.name}: planstore train was cancelled; 1 claimed job "
                )
                assert line.endswith(" recorded; call it again to go on")
            assert store.training.progress().counts == {"cancelled": 1, "planned": 2}
        assert store.integrity.verify().holds


def test_no_more_workers_are_started_than_memory_allows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = markets.panel(tmp_path / "panel")
    assert affordable_workers(panel, 2, LargestFit()) == 2
    assert affordable_workers(panel, 100_000, LargestFit()) < 100_000
    assert "workers are started instead of 100000" in caplog.text
    free = psutil.virtual_memory().available
    monkeypatch.setattr(Panel, "fitted_bytes", free)
    assert affordable_workers(panel, 2, LargestFit()) == 1


def call(*arguments: str | Path, code: int) -> Any:
    done = subprocess.run(
        [forks.planstore(), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.returncode == code, done.stderr
    return done


def test_a_family_that_is_absent_skips_a_job_one_that_raises_fails_it_and_the_rest_goes_on(tmp_path: Path) -> None:
    results, panel = tmp_path / "results", markets.write_panel(tmp_path / "panel")
    rules = [{"use": ["absent"], "symbol": "BBB"}]
    with planstore.open(results) as store:
        store.route(markets.candidates(targets=["fwd_ret_1d"]), samples.policy(families=rules), ["linear"])
        training = train(store, Panel.read(panel), workers=1, families=families_file(tmp_path))
    assert {job["symbol"]: job["status"] for job in training.jobs} == {
        "AAA": "succeeded",
        "BBB": "skipped",
        "CCC": "succeeded",
    }
    families = tmp_path / "raising.yaml"
    families.write_text("families: {absent: {estimators: {regression: estimators.Raising}, prepare: [impute]}}")
    done = call("train", panel, "--results", results, "--families", families, "--workers", "1", code=1)
    assert "1 failed, 2 succeeded" in done.stdout
    assert "family absent: ValueError: this one never learns" in done.stdout
    assert "Using model families from training plan" in done.stderr
    assert json.loads(call("status", "--results", results, "--json", code=0).stdout)["failed"][0]["attempt"] == 2
    watched = call("jobs", "--watch", "--json", "--results", results, code=0).stdout.splitlines()
    assert [json.loads(line)["counts"] for line in watched] == [{"failed": 1, "succeeded": 2}]


def test_the_digest_of_a_model_is_that_of_its_bytes(trained: Trained) -> None:
    (digest,) = trained.store.sql("select digest from trained_models limit 1").fetchone() or ("",)
    assert digest_of(trained.store.access.ledger.artifacts.get(digest)) == digest
