"""Training on Ray: the results are those of local processes, and a node that dies costs attempts, not jobs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import markets
import planstore
import unguarded
from estimators import families_file, until, waiting_pids
from ledger_checks import check_ledger
from planstore import RequestError
from planstore.api.store import Store
from planstore.ledger.embedded.artifacts import Artifacts
from planstore.training.execution.ray_executor import RayExecutor
from planstore.training.execution.train import train

pytestmark = pytest.mark.longest

SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
STORE_BYTES = 100 * 2**20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Yield a cluster of a head that does not work and one node of one core."""
    from ray.cluster_utils import Cluster

    previous = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])  # for the estimators of the tests, in Ray's workers
    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "include_dashboard": False, "object_store_memory": STORE_BYTES},
    )
    made.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
    yield made
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


def test_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    panel = markets.panel(tmp_path / "panel", SYMBOLS[:1])
    with pytest.raises(RequestError, match="there is no Ray cluster at"):
        RayExecutor(panel, Artifacts(tmp_path), 1, "127.0.0.1:1")
