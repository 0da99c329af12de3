"""Training the current plan on processes of this machine, from Python and from the command line."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import markets
import planstore
import samples
from estimators import families_file
from ledger_checks import check_ledger
from planstore import NotFoundError, RequestError
from planstore.events.canonical import sha256
from planstore.store import Store
from planstore.training.local import affordable_workers
from planstore.training.models import load_model
from planstore.training.outcome import Training
from planstore.training.panel import Panel
from planstore.training.train import train

PLANSTORE = str(Path(sys.executable).with_name("planstore"))


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
    assert trained.store.verify().findings == []
    assert trained.store.verify().unreferenced == []


def test_the_log_says_what_the_plan_left_of_the_targets(trained: Trained) -> None:
    assert "Training plan filter applied: 3 → 2 targets" in trained.log
    assert "Using model families from training plan" in trained.log
    assert trained.training.targets == ["y_up_1d", "fwd_ret_1d"]


def test_scores_out_of_sample_stand_beside_those_of_the_evidence(trained: Trained) -> None:
    for job in trained.training.jobs:
        assert job["metrics"]["evidence_score"] == (0.7 if job["symbol"] is None else 0.65)
        assert job["metrics"]["score"] > 0.2
        assert "family nothing is not registered" in job["error"]
    (both,) = [job for job in trained.training.jobs if job["route"] == "ROUTE_BOTH"]
    assert {"score_local", "score_pooled"} <= set(both["metrics"])


def test_a_model_leads_back_to_its_job_plan_decision_evidence_and_policy(trained: Trained) -> None:
    chain = trained.store.sql("from trained_models where symbol = 'AAA' and target = 'fwd_ret_1d' order by family")
    model, other = chain.to_arrow_table().to_pylist()
    assert (model["family"], other["family"]) == ("lightgbm", "linear")
    content = trained.store._ledger.artifacts.get(model["digest"])
    assert load_model(content)["target"] == "fwd_ret_1d"
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
        counts = dict(store.status().counts)
        assert counts == {"cancelled": 2, "planned": 1}
        assert {job["error"] for job in store.jobs(status="cancelled")} == {"the training was interrupted"}
        assert store.verify().holds


def test_what_cannot_be_used_is_refused_before_anything_is_recorded(tmp_path: Path) -> None:
    panel = markets.panel(tmp_path / "panel", ["AAA"])
    with planstore.open(tmp_path / "results") as store:
        with pytest.raises(NotFoundError, match="no run yet"):
            train(store, panel)
        markets.route(store)
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"executor": "cloud"}, "executor must be local or ray, got 'cloud'"),
            ({"workers": 0}, "workers must be at least 1, got 0"),
            ({"max_attempts": 0}, "max_attempts must be at least 1, got 0"),
            ({"ray_address": "somewhere:1"}, "ray_address needs executor ray"),
        ]
        for options, said in wrong:
            with pytest.raises(RequestError, match=said):
                train(store, panel, **options)
        assert len(store.log()) == 1


def test_no_more_workers_are_started_than_memory_allows(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    saved = tmp_path / "panel.parquet"
    saved.write_bytes(b"x")
    assert affordable_workers(saved, 2) == 2
    assert affordable_workers(saved, 100_000) < 100_000
    assert "workers are started instead of 100000" in caplog.text
    with saved.open("ab") as file:
        file.truncate(2**42)  # a file of holes, larger than any memory here
    assert affordable_workers(saved, 2) == 1


def call(*arguments: str | Path, code: int) -> Any:
    done = subprocess.run(
        [PLANSTORE, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "COLUMNS": "300"},
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
    assert sha256(trained.store._ledger.artifacts.get(digest)) == digest
