"""Training whose workers and drivers die, and two drivers of one plan: each job succeeds exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

import forks
import markets
import planstore
from estimators import families_file, until, waiting_pids
from ledger_checks import check_ledger
from planstore.api.store import Store
from planstore.training.execution.train import train

pytestmark = pytest.mark.longest

DRIVER = """
import sys
from datetime import timedelta
from pathlib import Path
import planstore
from planstore.training.panel.panel import Panel
from planstore.training.execution.train import train

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    store = planstore.open(folder / "results")
    panel = Panel.read(folder / "panel")
    print("ready", flush=True)
    sys.stdin.readline()
    train(store, panel, workers=1, families=folder / "families.yaml", lease=timedelta(seconds=2))
"""
SYMBOLS = ("AAA", "BBB", "CCC", "DDD")


def start_driver(folder: Path, program: str = sys.executable) -> subprocess.Popen[str]:
    """Start a training of one worker that waits for a line on its input."""
    return subprocess.Popen(
        [program, "-c", DRIVER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )


def go(driver: subprocess.Popen[str]) -> None:
    """Let a driver begin, once it is ready."""
    assert driver.stdin is not None
    assert driver.stdout is not None
    assert driver.stdout.readline() == "ready\n"
    driver.stdin.write("go\n")
    driver.stdin.flush()


def prepared(folder: Path, family: str) -> Store:
    """Return a store with a plan of one job a symbol, beside a panel and families that wait."""
    markets.write_panel(folder / "panel", SYMBOLS, days=120)
    families_file(folder)
    store = planstore.open(folder / "results")
    markets.route(store, [family], symbols=SYMBOLS, targets=["fwd_ret_1d"])
    return store


def check_each_job_succeeded_once(store: Store) -> None:
    succeeded = store.sql("select job_id from job_status where status = 'succeeded' order by job_id").fetchall()
    assert succeeded == [(f"sym_fwd_ret_1d_{symbol}",) for symbol in SYMBOLS]
    assert store.training.progress().counts == {"succeeded": len(SYMBOLS)}
    check_ledger(store.results)
    assert store.integrity.verify().findings == []


def test_a_worker_that_is_killed_loses_its_job_to_the_next_attempt(tmp_path: Path) -> None:
    store = prepared(tmp_path, "waiting")
    panel = markets.panel(tmp_path / "panel", SYMBOLS, days=120)
    with forks.real_workers(), ThreadPoolExecutor(1) as driving:
        training = driving.submit(train, store, panel, workers=2, families=tmp_path / "families.yaml")
        victim, survivor = until(lambda: len(waiting_pids(tmp_path)) == 2 and waiting_pids(tmp_path))
        os.kill(victim, signal.SIGKILL)
        (tmp_path / "go").touch()
        assert training.result().progress == {"succeeded": 4}
    check_each_job_succeeded_once(store)
    assert survivor in waiting_pids(tmp_path)
    lost = store.sql("select job_id, attempt, error from job_status where status = 'planned'").fetchall()
    assert [(attempt, error) for _, attempt, error in lost] == [(1, "its worker process died")]
    again = store.sql("select attempt from job_status where job_id = $job and status = 'succeeded'", job=lost[0][0])
    assert again.fetchall() == [(2,)]


def test_a_training_whose_driver_was_killed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    store = prepared(tmp_path, "waiting")
    driver = start_driver(tmp_path)
    go(driver)
    (worker,) = until(lambda: waiting_pids(tmp_path))
    assert store.training.progress().counts == {"planned": 3, "running": 1}
    driver.kill()
    assert driver.wait(timeout=60) == -signal.SIGKILL
    until(lambda: not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE)
    (tmp_path / "go").touch()
    panel = markets.panel(tmp_path / "panel", SYMBOLS, days=120)
    training = train(
        store, panel, workers=1, families=tmp_path / "families.yaml", lease=timedelta(seconds=2), max_attempts=2
    )
    assert training.progress == {"succeeded": 4}
    check_each_job_succeeded_once(store)
    (lost,) = store.sql("select attempt, error from job_status where status = 'planned'").fetchall()
    assert (lost[0], "let its lease run out" in lost[1]) == (1, True)
    close(driver)


def test_two_drivers_share_a_plan_and_train_no_job_twice(tmp_path: Path) -> None:
    store = prepared(tmp_path, "waiting")
    drivers = [start_driver(tmp_path, forks.python()) for _ in range(2)]
    for driver in drivers:
        go(driver)
    until(lambda: len(waiting_pids(tmp_path)) == 2)
    (tmp_path / "go").touch()
    assert [driver.wait(timeout=120) for driver in drivers] == [0, 0]
    check_each_job_succeeded_once(store)
    (workers,) = store.sql("select count(distinct worker) from job_status").fetchone() or (0,)
    assert workers == 2
    for driver in drivers:
        close(driver)


def close(driver: subprocess.Popen[str]) -> None:
    for stream in (driver.stdin, driver.stdout):
        assert stream is not None
        stream.close()
