"""Servers of pages for tests: in a thread of this process, over real stores, asked over HTTP."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
import pyarrow as pa

import samples
from planstore import JobStatus
from planstore.api.store import Store
from planstore.ui.application import application
from planstore.ui.server import server_of
from planstore.ui.stores import Stores

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

LANE = {"enable_experimental_lane": True, "experimental": {"min_score": 0.5, "max_fraction_symbols_per_target": 0.5}}
TOKEN = "a-token-of-the-tests"
HOSTILE = (
    "<script>window.broken=1</script>",
    '"><img src=x onerror="window.broken=1">',
    "</script><!-- ' onclick=window.broken=1",
    "{{ 7 * 7 }} & co; $x^2$",
    "\u202emorf thgir %2f../..\u202c",
    "a/b?c=d&e#f",
)
"""Names that a page must show as they are."""


@dataclass(frozen=True)
class Found:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Asks a server, with its token unless told otherwise."""

    port: int
    headers: Mapping[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def enter(self, opened: Chrome) -> None:
        """Let a browser in, as the opened address does."""
        opened.get(f"{self.origin}/?token={TOKEN}")

    def get(self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, **values: Any) -> Found:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            query = f"?{urlencode(values, doseq=True)}" if values else ""
            connection.request(method, path + query, headers=dict(self.headers if headers is None else headers))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Found(answer.status, named, answer.read())
        finally:
            connection.close()


@contextmanager
def served(store: Store, **options: Any) -> Iterator[Client]:
    """Serve a store on a thread while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = server_of(application(Stores(store), token=TOKEN, port=port, **options))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="served")
        thread.start()
        try:
            yield Client(port)
        finally:
            server.should_exit = True
            thread.join()


def outcomes(store: Store) -> dict[str, list[Any]]:
    """Return an outcome of each candidate of the newest run, somewhat lower than its promise."""
    run_id = store.run().run_id
    query = "select target, symbol, mode, score from candidates where run_id = $run"
    found = store.sql(query, run=run_id).arrow().to_pylist()
    names = ("learned_until", "first_timestamp", "last_timestamp")
    times = {name: datetime(2030, month, 1, tzinfo=UTC) for month, name in enumerate(names, 1)}
    common = {"run_id": run_id, "metric_name": "auc", "sample_size": 100, "null_score": 0.5, **times}
    return {
        **{name: [value] * len(found) for name, value in common.items()},
        **{name: [row[name] for row in found] for name in ("target", "symbol", "mode")},
        "score": [row["score"] - 0.02 for row in found],
    }


def fill(store: Store) -> None:
    """Record two runs over targets and symbols of every name, overrides, and jobs of every status."""
    for seed in (0, 5):
        rows = samples.records(targets=6, symbols=6, seed=seed)
        targets, symbols = (sorted({row[name] for row in rows if row[name]}) for name in ("target", "symbol"))
        names = dict(zip([*targets[:3], *symbols[:3]], HOSTILE, strict=True))
        rows = [row | {name: names.get(row[name], row[name]) for name in ("target", "symbol")} for row in rows]
        policy = samples.policy(**LANE, **({"dump_plan_as": ["YAML"]} if seed else {}))
        store.route(samples.table(rows), policy, ["lightgbm"], run_id=f"<b>run</b> {seed}")
    store.record_outcomes(pa.table(outcomes(store)))
    store.overrides.set(HOSTILE[0], HOSTILE[3], "ROUTE_BLOCKED", reason="<b>why</b>", author="<i>me</i>")
    plan = store.plan()
    with store.training.status_writer() as writer:
        for job, status in zip(plan.jobs, ("succeeded", "failed", "running"), strict=False):
            error = "<script>window.broken=1</script>\nsecond line" if status == "failed" else None
            metrics = {"score": 0.61} if status == "succeeded" else None
            writer.record(JobStatus(str(plan.plan_id), job["job_id"], "running", worker="w<1>"))
            if status != "running":
                writer.record(JobStatus(str(plan.plan_id), job["job_id"], status, error=error, metrics=metrics))


@contextmanager
def browser(profile: Path) -> Iterator[Chrome]:
    """Yield a browser with a profile of its own and no network.

    Raises:
        FileNotFoundError: there is none.
    """
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        raise FileNotFoundError("no chromium with chromedriver here (Debian: apt-get install chromium chromium-driver)")
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "force-prefers-reduced-motion", "hide-scrollbars",
        "disable-dev-shm-usage", "window-size=1300,900", f"user-data-dir={profile}",
    ):  # fmt: skip
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = Chrome(options=options, service=ChromeService(driver))
    try:
        yield opened
    finally:
        opened.quit()


def wait_until(opened: Chrome, holds: Callable[[], object]) -> None:
    """Wait until a condition on the page holds."""
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
    from selenium.webdriver.support.wait import WebDriverWait

    changing = (NoSuchElementException, StaleElementReferenceException)
    WebDriverWait(opened, 60, poll_frequency=0.05, ignored_exceptions=changing).until(lambda _: holds())


def is_loaded(opened: Chrome) -> bool:
    """Tell whether a page has loaded all its parts, its map and the effect of its changes."""
    loaded: bool = opened.execute_script(
        "return document.readyState === 'complete' && !document.querySelector('[aria-busy=true]')"
    )
    return loaded
