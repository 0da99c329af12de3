"""Drivers with folders of their own train the plans of one team store, while workers, drivers and servers are killed.

Each job succeeds exactly once. ``make crash`` kills more, the suite one of each but the object storage, which takes
twenty seconds to start again.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

import psutil
import pytest

import markets
import planstore
import samples
from estimators import families_file, until
from planstore.ledger.opening import join
from planstore.ledger.team.address import TeamAddress
from team_servers import TeamServers

pytestmark = pytest.mark.longest

KILLS = int(os.environ.get("PLANSTORE_KILLS", "14"))
"""Kills of the suite's embedded stores."""
PLANS = max(1, KILLS // 50)
VICTIMS = ("worker", "driver", "postgres", *(("objects",) if KILLS >= 50 else ()))
"""The victims of each plan, in a random order."""
SYMBOLS = tuple(f"S{number:02}" for number in range(2 * len(VICTIMS) if KILLS < 50 else 12))
SECONDS = 1.0
"""Longest time between a kill and the next."""
PATIENCE = 120
DRIVER = """
import sys
from datetime import timedelta
from pathlib import Path

import planstore
from planstore.training.execution.train import train
from planstore.training.panel.panel import Panel

results, address, families = sys.argv[1:]
for line in sys.stdin:
    try:
        with planstore.open(results, create=False) as store:
            panel = Panel.read(address)
            train(store, panel, workers=1, families=Path(families), lease=timedelta(seconds=2), max_attempts=100)
        print("done", flush=True)
    except planstore.PlanstoreError as error:
        print(type(error).__name__, error, flush=True)
"""


class Driver:
    """A process that trains the current plan each time it is told to; as a context it is ended.

    Args:
        results: its own folder.
        panel: address of the panel.
        families: families file.

    Attributes:
        errors: errors that have ended a training.
    """

    def __init__(self, results: Path, panel: str, families: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(results), panel, str(families)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "XDG_CACHE_HOME": str(results / "cache")},
        )
        self._answers: SimpleQueue[str] = SimpleQueue()
        self._is_done = False
        self.errors: list[str] = []
        Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._process.communicate()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line.strip())
        self._answers.put("ended")

    @property
    def is_killed(self) -> bool:
        return self._process.returncode == -signal.SIGKILL

    def go(self) -> None:
        """Train the current plan."""
        self._is_done = False
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def go_on(self) -> None:
        """Train again if an error has ended the training."""
        with suppress(Empty):
            self._take(self._answers.get_nowait())

    def finish(self) -> None:
        """Wait until the plan is trained."""
        while not self._is_done:
            self._take(self._answers.get(timeout=PATIENCE))

    def _take(self, answer: str) -> None:
        assert answer != "ended", self.errors
        self._is_done = answer == "done"
        if not self._is_done:
            self.errors.append(answer)
            self.go()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def kill_worker(self) -> bool:
        """Kill a worker process as soon as there is one; return whether there was, before the plan was trained."""
        found = until(
            lambda: psutil.Process(self._process.pid).children() or self._is_done or not self._answers.empty()
        )
        if found is True:
            return False
        found[0].kill()
        return True


def test_each_job_of_two_drivers_succeeds_once_whatever_is_killed(servers: TeamServers, tmp_path: Path) -> None:
    chance, killed = random.Random(53), dict.fromkeys(VICTIMS, 0)
    address, families = TeamAddress.of_url(servers.address()), families_file(tmp_path)
    panel = servers.upload(markets.write_panel(tmp_path / "panel", SYMBOLS, days=60))
    machines = [tmp_path / "machine0", tmp_path / "machine1"]
    drivers = list[Driver]()
    with ExitStack() as opened:
        for machine in machines:
            join(address, machine / "planstore")
            drivers.append(opened.enter_context(Driver(machine, panel, families)))
        for number in range(PLANS):
            plan_id = route(address, number)
            for place, machine in enumerate(machines):
                if drivers[place].is_killed:
                    drivers[place] = opened.enter_context(Driver(machine, panel, families))
                drivers[place].go()
            for victim in chance.sample(VICTIMS, len(VICTIMS)):
                killed[victim] += strike(victim, servers, drivers, chance)
                for driver in alive(drivers):
                    driver.go_on()
            for driver in alive(drivers):
                driver.finish()
            check_each_job_succeeded_once(address, plan_id)
    with planstore.open(address.url) as store:
        assert store.integrity.verify().findings == []
        # because a worker has more patience than a server needs to start
        assert store.sql("from job_status where contains(error, 'could not store')").fetchall() == []
    assert min(killed.values()) >= 0.5 * PLANS, killed


def alive(drivers: list[Driver]) -> list[Driver]:
    return [driver for driver in drivers if not driver.is_killed]


def route(address: TeamAddress, number: int) -> str:
    """Route a plan of one job a symbol."""
    with planstore.open(address.url) as store:
        policy = samples.policy(min_sample_size={"cross_sectional": 1000, "symbol": 400 + number})
        return store.route(markets.candidates(SYMBOLS, ["fwd_ret_1d"]), policy, ["lasting"]).plan_id


def strike(victim: str, servers: TeamServers, drivers: list[Driver], chance: random.Random) -> bool:
    """Kill a victim at a random moment, and start a server again; return whether anything was killed."""
    moment = chance.uniform(0, SECONDS)
    chosen = chance.choice(alive(drivers))
    match victim:
        case "worker":
            return chosen.kill_worker()
        case "driver":
            chosen.kill()
        case "postgres":
            servers.kill("postgres", after=moment)
            servers.start_postgres()
        case "objects":
            servers.kill("objects", after=moment)
            servers.start_objects()
    return True


def check_each_job_succeeded_once(address: TeamAddress, plan_id: str) -> None:
    with planstore.open(address.url) as store:
        query = "select job_id, count(*) from job_status where plan_id = $plan and status = 'succeeded' group by all"
        succeeded = store.sql(f"{query} order by job_id", plan=plan_id).fetchall()
        assert succeeded == [(f"sym_fwd_ret_1d_{symbol}", 1) for symbol in SYMBOLS]
        assert store.training.progress().counts == {"succeeded": len(SYMBOLS)}
