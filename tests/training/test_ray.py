"""Ray: results are those of local processes; a worker or node that dies costs attempts, and no job and no side."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import forks
import markets
import planstore
import unguarded
from estimators import families_file, until, waiting_pids
from ledger_checks import check_ledger
from planstore import RequestError
from planstore.api.store import Store
from planstore.training.evidence.measure import measure
from planstore.training.execution.fit import train_job
from planstore.training.execution.ray_executor import RayExecutor
from planstore.training.execution.train import train
from planstore.training.panel.panel import Panel

pytestmark = pytest.mark.longest

MEASURING = """\
import os, signal, sys
from planstore.training.evidence.measure import measure
from planstore.training.panel.panel import Panel

def die(counts):
    if counts["measured"] == 3:
        os.kill(os.getpid(), signal.SIGKILL)

measure(Panel.read(sys.argv[1]), folds=2, executor="ray", ray_address=sys.argv[2], progress=die)
"""
SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
STORE_BYTES = 100 * 2**20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Yield a cluster of one core, connected, so that tests share workers, which take long to start."""
    import ray
    from ray.cluster_utils import Cluster

    previous = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])  # for the estimators of the tests, in Ray's workers
    made = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 1, "include_dashboard": False, "no_monitor": True, "object_store_memory": STORE_BYTES,
        },
    )  # fmt: skip
    ray.init(made.address, log_to_driver=False, logging_level=logging.WARNING)
    yield made
    ray.shutdown()
    made.shutdown()  # type: ignore[no-untyped-call]
    if previous is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = previous


def models(store: Store) -> list[tuple[str, str, str]]:
    return store.sql("select job_id, family, digest from trained_models order by all").fetchall()


def test_the_same_models_come_out_of_ray_and_of_local_processes(tmp_path: Path, cluster: Any) -> None:
    panel = markets.panel(tmp_path / "panel")
    families = ["lightgbm", "xgboost", "extra_trees", "logistic", "linear", "mlp"]
    digests = []
    for number, options in enumerate(({"workers": 1}, {"executor": "ray", "ray_address": cluster.address})):
        with planstore.open(tmp_path / f"results{number}") as store:
            markets.route(store, families, targets=["y_up_1d", "fwd_ret_1d"])
            assert train(store, panel, seed=3, **options).progress == {"succeeded": 5}
            digests.append(models(store))
    assert len(digests[0]) > 20
    assert digests[0] == digests[1]


def test_a_node_that_is_killed_in_the_middle_costs_an_attempt_and_no_job(tmp_path: Path, cluster: Any) -> None:
    panel = markets.panel(tmp_path / "panel", SYMBOLS, days=120)
    store = planstore.open(tmp_path / "results")
    markets.route(store, ["waiting"], symbols=SYMBOLS, targets=["fwd_ret_1d"])
    node = cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
    with ThreadPoolExecutor(1) as driving:
        training = driving.submit(
            train, store, panel, executor="ray", ray_address=cluster.address, families=families_file(tmp_path)
        )
        until(lambda: len(waiting_pids(tmp_path)) == 2)
        cluster.remove_node(node, allow_graceful=False)
        until(lambda: store.sql("from job_status where status = 'planned'").fetchall())
        (tmp_path / "go").touch()
        assert training.result().progress == {"succeeded": 4}
    succeeded = store.sql("select job_id from job_status where status = 'succeeded' order by job_id").fetchall()
    assert succeeded == [(f"sym_fwd_ret_1d_{symbol}",) for symbol in SYMBOLS]
    (lost,) = store.sql("select attempt, error from job_status where status = 'planned'").fetchall()
    assert (lost[0], lost[1].startswith("its Ray worker died")) == (1, True)
    check_ledger(store.results)
    assert store.integrity.verify().findings == []


def test_a_worker_of_ray_does_not_run_the_script_again(tmp_path: Path, cluster: Any) -> None:
    printed = unguarded.trained(tmp_path, "ray", cluster.address).splitlines()
    # because Ray prints notes on its nodes there when the machine is busy
    assert [line for line in printed if "raylet" not in line] == ["3", "{'succeeded': 1}"]


def test_a_killed_measurement_goes_on_and_its_evidence_is_that_of_local_processes(
    tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    panel = markets.panel(tmp_path / "panel", SYMBOLS[:2], days=120)
    killed = subprocess.run(
        [forks.python(), "-c", MEASURING, str(tmp_path / "panel"), cluster.address], check=False, timeout=300
    )
    assert killed.returncode == -signal.SIGKILL
    counts: list[dict[str, int]] = []
    with caplog.at_level(logging.INFO, "planstore.training"):
        evidence = measure(panel, folds=2, executor="ray", ray_address=cluster.address, progress=counts.append)
    assert "3 of 9 sides were measured before and are reused" in caplog.text
    assert counts[-1] == {"measured": 9, "planned": 0}
    assert evidence.report == measure(panel, folds=2, workers=1, reuse=False).report
    with caplog.at_level(logging.INFO, "planstore.training"):
        assert measure(panel, folds=2, workers=1).report == evidence.report
    assert "9 of 9 sides were measured before and are reused" in caplog.text


def test_a_worker_that_is_killed_while_it_measures_costs_an_attempt_and_no_side(
    tmp_path: Path, cluster: Any, caplog: pytest.LogCaptureFixture
) -> None:
    panel = Panel.read(markets.write_panel(tmp_path / "panel", SYMBOLS[:1], days=120), targets=["fwd_ret_1d"])
    options: dict[str, Any] = {"families": ["waiting"], "families_file": families_file(tmp_path), "folds": 2}
    with ThreadPoolExecutor(1) as driving:
        measuring = driving.submit(measure, panel, executor="ray", ray_address=cluster.address, **options)
        (pid,) = until(lambda: waiting_pids(tmp_path))
        os.kill(pid, signal.SIGKILL)
        until(lambda: len(waiting_pids(tmp_path)) == 2)
        (tmp_path / "go").touch()
        evidence = measuring.result()
    assert "fwd_ret_1d on AAA, attempt 1: its Ray worker died: WorkerCrashedError; it is tried again" in caplog.text
    assert evidence.report == measure(panel, workers=1, **options).report


def test_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    import ray

    ray.shutdown()  # of the other tests: a connection of this process would be used
    panel = markets.panel(tmp_path / "panel", SYMBOLS[:1])
    with pytest.raises(RequestError, match="there is no Ray cluster at"):
        RayExecutor(panel, train_job, 1, "127.0.0.1:1")
