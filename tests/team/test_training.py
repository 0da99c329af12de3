"""Workers of a team store read the panel and store the files of their jobs themselves; the driver only settles."""

from __future__ import annotations

import pickle
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

import markets
import planstore
from faults.proxy import Proxy
from planstore.errors import WorkerDiedError
from planstore.events.vocabulary import JobState
from planstore.ledger.embedded.artifacts import Artifacts
from planstore.ledger.opening import join
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.artifacts import remote_artifacts
from planstore.ledger.team.objects import RETRIES
from planstore.training.execution.executor_settings import ExecutorSettings
from planstore.training.execution.fit import train_job
from planstore.training.execution.memory import LargestFit
from planstore.training.execution.ray_executor import run_fetched
from planstore.training.execution.task import LOST, File, Result, Task
from planstore.training.execution.train import train
from planstore.training.execution.worker import stored_result, train_and_store
from planstore.training.families import load_families
from planstore.training.panel.panel import Panel
from team_servers import TeamServers

SYMBOLS = ("AAA", "BBB")
MEMORY = 100 * 2**20
PANEL = r"^GET [^ ]*/panel\d+_\d+/[^ ]*parquet"


@pytest.fixture
def results(team_servers: TeamServers, tmp_path: Path) -> Path:
    """Return a folder that points to a team store with a plan."""
    folder = tmp_path / "results"
    join(TeamAddress.of_url(team_servers.address()), folder / "planstore")
    with planstore.open(folder, create=False) as store:
        markets.route(store, ["linear"], symbols=SYMBOLS, targets=["fwd_ret_1d"])
    return folder


@pytest.mark.longest
def test_a_worker_of_ray_reads_the_panel_and_stores_the_files_with_a_key_of_its_own(
    team_servers: TeamServers, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.cluster_utils import Cluster

    address = team_servers.upload(markets.write_panel(tmp_path / "panel", SYMBOLS, days=120))
    with Proxy(team_servers.objects) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("PGPASSWORD", "none, because no worker needs the database")
        monkeypatch.setenv(
            "XDG_CACHE_HOME", str(tmp_path / "elsewhere")
        )  # so that workers do not find the driver's layout
        cluster = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 1, "include_dashboard": False, "object_store_memory": MEMORY},
        )
        try:
            team_servers.set_variables(monkeypatch)
            monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "here"))
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "reader")  # by which the driver can store nothing
            with planstore.open(results, create=False) as store:
                panel = Panel.read(address)
                sent = pickle.dumps((panel.origin, store.access.ledger.artifacts.opener()))
                assert team_servers.password.encode() not in sent
                proxy.rule("pass", PANEL)
                training = train(store, panel, executor="ray", ray_address=cluster.address)
                assert training.progress == {"succeeded": 2}
                assert proxy.rule("pass") >= 2
                assert len(store.sql("from trained_models").fetchall()) == 2
                assert store.integrity.verify().findings == []
        finally:
            cluster.shutdown()  # type: ignore[no-untyped-call]


def test_a_panel_that_has_changed_costs_a_worker_of_ray_its_attempt(team_servers: TeamServers, tmp_path: Path) -> None:
    address = team_servers.upload(markets.write_panel(tmp_path / "panel", SYMBOLS, days=120))
    task = Task("job", 1, "fwd_ret_1d", "AAA", (load_families()["linear"],))
    panel = Panel.read(address)
    assert panel.origin is not None
    assert run_fetched(train_job, panel.origin, panel.digest, task).status == JobState.SUCCEEDED
    shorter = Panel.read(markets.write_panel(tmp_path / "panel", SYMBOLS, days=119))
    with pytest.raises(WorkerDiedError) as lost:
        run_fetched(train_job, panel.origin, shorter.digest, task)
    assert str(lost.value) == (
        f"its worker could not read the panel: {address} must be as the driver has read it, got other content: call "
        "again when no one writes it"
    )


def test_a_worker_on_this_machine_stores_the_files(results: Path, tmp_path: Path) -> None:
    panel = markets.panel(tmp_path / "panel", SYMBOLS, days=120)
    task = Task("job", 1, "fwd_ret_1d", "AAA", (load_families()["linear"],))
    with planstore.open(results, create=False) as store:
        artifacts = store.access.ledger.artifacts
        work = partial(train_and_store, artifacts.opener())
        with closing(ExecutorSettings(workers=1).open(panel, work, tmp_path, LargestFit())) as executor:
            result = executor.start(task).result()
        assert (result.status, result.files) == (JobState.SUCCEEDED, ())
        assert {file.name for file in result.stored_files} >= {"predictions", "models"}
        assert all(len(artifacts.get(file.digest)) == file.size for file in result.stored_files)


def test_a_worker_is_patient_with_a_server_that_starts(
    team_servers: TeamServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = RETRIES + 2
    with Proxy(team_servers.objects) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        artifacts = remote_artifacts(team_servers.bucket, "patient")
        proxy.rule("503", "^PUT ", times=refusals)
        digest = artifacts.put(b"a model that took hours")
        assert proxy.rule("pass") == refusals
        assert artifacts.has(digest)


def test_an_attempt_whose_files_cannot_be_stored_is_lost_and_no_failure_of_its_job(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = Result(JobState.SUCCEEDED, {"score": 1.0}, (File("predictions", "text/plain", b"p"),))
    lost = stored_result(result, Artifacts(tmp_path / "file").opener())
    assert (lost.status, lost.files, lost.stored_files) == (LOST, (), ())
    assert (lost.error or "").startswith("its worker could not store its files: an artifact could not be kept in")
