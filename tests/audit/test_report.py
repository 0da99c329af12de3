"""The report: its page holds what the ledger holds, whatever names it holds, and needs nothing but itself."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import planstore
import samples
from planstore import JobStatus
from planstore.api.store import Store
from planstore.audit import nearest_in_run, report as reports
from planstore.audit.scenario import RunInputs
from planstore.errors import ExportError, NotFoundError

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

LANE = {"enable_experimental_lane": True, "experimental": {"min_score": 0.5, "max_fraction_symbols_per_target": 0.5}}
HOSTILE = (
    "<script>window.broken=1</script>",
    '"><img src=x onerror="window.broken=1">',
    "</script><!-- ' onclick=window.broken=1",
    "{{ 7 * 7 }} & co; $x^2$",
    "🦄 مرحبا عالم",
    "__proto__",
)


class Page(HTMLParser):
    """The parts of a page that tests ask about: cells of the map, names, elements and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
        self.data: dict[str, Any] = json.loads(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self._open):
            self.texts.append(data)

    @property
    def routes(self) -> dict[tuple[str, str | None], str]:
        """The route of each cell, by target and symbol."""
        targets, symbols = self.data["targets"], self.data["symbols"]
        return {
            (targets[cell["t"]], None if cell["s"] is None else symbols[cell["s"]]): cell["route"]
            for cell in self.data["cells"]
        }

    @property
    def letters(self) -> list[str]:
        """The classes of the cells, in the order of their numbers."""
        cells = {
            int(found["data-n"] or ""): found["class"] or ""
            for tag, found in self.elements
            if tag == "button" and "data-n" in found
        }
        return [cells[place].split()[0] for place in sorted(cells)]


def decisions(store: Store, run_id: str) -> dict[tuple[str, str | None], str]:
    rows = store.sql("select target, symbol, route from decisions where run_id = $run", run=run_id).fetchall()
    return {(target, symbol): route for target, symbol, route in rows}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yield a store with two runs over targets and symbols of every name, and with jobs on their way."""
    with planstore.open(tmp_path_factory.mktemp("report") / "results") as store:
        for seed in (0, 5):
            rows = samples.records(targets=5, symbols=6, seed=seed)
            targets, symbols = (sorted({row[name] for row in rows if row[name]}) for name in ("target", "symbol"))
            names = dict(zip([*targets[:3], *symbols[:3]], HOSTILE, strict=True))
            rows = [row | {name: names.get(row[name], row[name]) for name in ("target", "symbol")} for row in rows]
            store.route(samples.table(rows), samples.policy(**LANE), ["lightgbm"], run_id=f"<b>run</b> {seed}")
        plan = store.plan()
        plan_id = str(plan.plan_id)
        with store.training.status_writer() as writer:
            for job, status in zip(plan.jobs, ("succeeded", "failed", "running"), strict=False):
                error = "<script>window.broken=1</script>" if status == "failed" else None
                metrics = {"auc": 0.61} if status == "succeeded" else None
                writer.record(JobStatus(plan_id, job["job_id"], "running", worker="w"))
                if status != "running":
                    writer.record(JobStatus(plan_id, job["job_id"], status, error=error, metrics=metrics))
        yield store


@pytest.fixture(scope="module")
def report(told: Store) -> reports.Report:
    """Return the report of the newest run."""
    return told.report()


def test_the_map_shows_the_decisions_of_the_run(told: Store, report: reports.Report) -> None:
    page = Page(report.html)
    assert page.routes == decisions(told, report.run_id)
    assert set(HOSTILE) <= {*page.data["targets"], *page.data["symbols"]}
    assert page.letters == [f"r-{page.data['routes'][cell['route']][0]}" for cell in page.data["cells"]]
    assert report.findings == []


def test_each_cell_tells_what_why_tells(told: Store, report: reports.Report) -> None:
    page = Page(report.html)
    targets, symbols, texts = (page.data[name] for name in ("targets", "symbols", "texts"))
    for cell in page.data["cells"][::4]:
        symbol = None if cell["s"] is None else symbols[cell["s"]]
        why = told.why(targets[cell["t"]], symbol)
        assert (cell["route"], cell["rule"], cell["reasons"]) == (why.route, why.rule, why.reasons)
        assert cell["states"] == [why.cs_state, why.local_state]
        own = [check for check in why.checks if symbol is None or check["side"] != "cross_sectional"]
        names = ("side", "check", "source", "observed", "threshold", "passed")
        expected = [[check[name] for name in names] for check in own]
        assert [[*(texts[place] for place in check[:3]), *check[3:]] for check in cell["checks"]] == expected
        assert cell["nearest"] == [miss and miss["text"] for miss in (why.nearest_miss, why.nearest_policy)]


def test_flips_are_those_of_diff(told: Store, report: reports.Report) -> None:
    page = Page(report.html)
    difference = told.diff("<b>run</b> 0", "<b>run</b> 5")
    flips = {(f["target"], f["symbol"]): f for f in difference.as_dict()["flips"]}
    assert report.flips == len(flips) > 0
    flipped = {
        (page.data["targets"][cell["t"]], None if cell["s"] is None else page.data["symbols"][cell["s"]]): cell["was"]
        for cell in page.data["cells"]
        if "was" in cell
    }
    assert flipped == {key: flip["route_a"] for key, flip in flips.items()}
    assert sum(
        "flip" in (found.get("class") or "").split() for tag, found in page.elements if "data-n" in found
    ) == len(flips)


def test_pairs_and_flips_are_counted_alike_in_what_if_report_and_diff(store: Store) -> None:
    rows = samples.records(3, 4)
    strict = {side: {"min_score": 0.58, "strong_score": 0.6} for side in ("cross_sectional", "symbol")}
    store.route(samples.table(rows), samples.policy(), run_id="a")
    store.route(samples.table(rows), samples.policy(**strict), run_id="b")
    difference, report, tried = (
        store.diff("a", "b"),
        store.report("b"),
        store.whatif(samples.policy(**strict), runs=["a"]),
    )
    routes = {
        run: dict(
            store.sql(
                "select {'t': target, 's': symbol}::varchar, route from decisions where run_id = $run", run=run
            ).fetchall()
        )
        for run in ("a", "b")
    }
    changed = [name for name, route in routes["a"].items() if routes["b"][name] != route]
    targets = sum("'s': NULL" in name for name in changed)
    counts = (len(changed), len(changed) - targets, targets)
    assert counts[1] > 0
    assert counts[2] > 0
    for found in (difference, report, tried):
        assert (found.flips, found.flipped_pairs, found.flipped_targets) == counts
    assert [(row["pairs"], row["flipped_pairs"], row["flipped_targets"]) for row in tried.by_run()] == [
        (12, *counts[1:])
    ]
    assert tried.agreement == 1 - counts[1] / 12
    assert report.pairs == 12
    assert len(difference.as_dict()["flips"]) == len(tried.as_dict()["flips"]) == counts[0]
    assert sum(row["flips"] for row in tried.by_target()) == counts[0]
    assert f"{counts[1]} pairs have another route than in run" in report.html


def test_jobs_stand_with_their_status(told: Store, report: reports.Report) -> None:
    page = Page(report.html)
    statuses = {job["id"]: job["status"] for cell in page.data["cells"] for job in cell["jobs"]}
    assert statuses == {job["job_id"]: job["status"] for job in told.training.jobs()}
    assert {"succeeded", "failed", "running", "planned"} <= set(statuses.values())
    assert "auc 0.61" in page.texts


def test_the_page_names_nothing_outside_itself(report: reports.Report) -> None:
    page = Page(report.html)
    for tag, found in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "image", "audio", "video"}, tag
        for name, value in found.items():
            assert not name.startswith("on"), (tag, name)
            if name in {"src", "href", "xlink:href", "action", "data", "srcset"}:
                assert (value or "").startswith("#"), (tag, name, value)
    style = "".join(re.findall(r"<style>(.*?)</style>", report.html, re.DOTALL))
    assert "@import" not in style
    assert "url(" not in style
    (policy,) = (
        found["content"] for tag, found in page.elements if found.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert len([tag for tag, _ in page.elements if tag == "script"]) == 2


def test_the_same_run_is_the_same_page(told: Store, report: reports.Report) -> None:
    with planstore.open(told.results, create=False) as again:
        assert again.report().html == report.html


def test_a_run_of_the_past_is_told_as_it_was(told: Store) -> None:
    first = told.report("<b>run</b> 0")
    assert (first.previous_run_id, first.flips) == (None, 0)
    assert "It is the first run of this ledger" in first.html
    assert told.at(1).report().html == first.html
    assert Page(told.at(2).report().html).texts.count("failed") == 0


def test_an_empty_store_has_no_report(store: Store) -> None:
    store.create()
    with pytest.raises(NotFoundError, match="the ledger holds no run yet"):
        store.report()


def test_a_run_without_any_pair_has_one(store: Store) -> None:
    store.route(samples.table([samples.record("y_up_10m"), samples.record("fwd_ret_5d", score=None)]), samples.policy())
    report = store.report()
    assert report.pairs == 0
    assert Page(report.html).routes == decisions(store, report.run_id)


def test_a_later_run_is_compared_with_the_one_before(store: Store) -> None:
    """By the order of commits and not of names, in which r10 comes before r9."""
    for place in range(8, 12):
        store.route(samples.table(samples.records(1, 2, seed=place)), samples.policy(), run_id=f"r{place}")
    report = store.report()
    assert (report.run_id, report.previous_run_id) == ("r11", "r10")
    assert report.flips == store.diff("r10", "r11").flips
    assert Page(report.html).routes == decisions(store, "r11")
    assert store.report("r10").previous_run_id == "r9"


def test_a_map_that_would_be_too_large_shows_what_flipped_most(told: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = told.report()
    monkeypatch.setattr(reports, "MOST_CELLS", 8)
    monkeypatch.setattr(reports, "MOST_SYMBOLS", 3)
    monkeypatch.setattr(nearest_in_run, "MOST_CANDIDATES", 10)
    report = told.report()
    page = Page(report.html)
    assert (len(page.data["targets"]), len(page.data["symbols"])) == (2, 3)
    assert page.routes.items() <= decisions(told, report.run_id).items()
    assert (report.pairs, report.flips) == (whole.pairs, whole.flips)
    assert "more than a page can hold" in report.html
    assert page.data["tried"] is False


def test_rules_that_do_not_arrive_at_what_is_recorded_are_a_finding(
    told: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = told.sql("from policies").fetchall()
    assert len(policy) == 1
    original = RunInputs.of

    def altered(*arguments: Any) -> Any:
        kept = original(*arguments)
        return RunInputs(kept.run, kept.policy.replace("0.52", "0.55"), kept.rules, kept.overrides)

    monkeypatch.setattr(RunInputs, "of", altered)
    report = told.report()
    assert report.findings
    assert "is recorded, but the archived rules give" in report.findings[0]
    assert "What does not hold" in report.html


def test_promises_stand_beside_their_outcomes(store: Store) -> None:
    rows = [row | {"target": f"{HOSTILE[0]} {row['target']}"} for row in samples.records(3, 6)]
    store.route(samples.table(rows), samples.policy(), run_id="r")
    assert "has no outcome of its evidence" in store.report().html
    outcomes = [
        {
            "run_id": "r", "target": row["target"], "symbol": row["symbol"], "score": row["score"] - 0.03,
            "null_score": 0.5, "sample_size": 100, "learned_until": "2030-01-01", "first_timestamp": "2030-02-01",
            "last_timestamp": "2030-12-31",
        }
        for row in rows
    ]  # fmt: skip
    store.record_outcomes(pa.Table.from_pylist(outcomes))
    report, found = store.report(), store.calibrate()
    page = Page(report.html)
    points = [attributes for tag, attributes in page.elements if tag == "circle"]
    assert len(points) == len(rows) == len(found.compared)
    cells = [text for state in found.states for text in (state.state or "all", f"{state.realized:.3f}")]
    assert {*cells} <= {*page.texts}
    assert f"{found.sides[1].slope.value:.2f}" in "".join(page.texts)
    assert HOSTILE[0] not in report.html


def test_a_page_is_written_whole_or_not_at_all(report: reports.Report, tmp_path: Path) -> None:
    written = report.write(tmp_path / "deep" / "report.html")
    assert written.read_text(encoding="utf-8") == report.html
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ExportError, match="cannot be written"):
        report.write(tmp_path / "file" / "report.html")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["deep", "file", "report.html"]


def test_a_notebook_shows_it_in_a_frame_of_its_own(report: reports.Report) -> None:
    shown = report._repr_html_()
    assert shown.startswith(
        '<iframe title="Report of run &lt;b&gt;run&lt;/b&gt; 5" sandbox="allow-scripts" srcdoc="&lt;!doctype'
    )


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Yield a browser with a profile of its own and no network."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        missing = "no chromium with chromedriver here (Debian: apt-get install chromium chromium-driver)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "force-prefers-reduced-motion",
        "disable-dev-shm-usage", "window-size=1300,900",
        "host-resolver-rules=MAP * ~NOTFOUND", f"user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):  # fmt: skip
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = Chrome(options=options, service=ChromeService(driver))
    yield opened
    opened.quit()


def wait_until(browser: Chrome, holds: Callable[[], bool]) -> None:
    """Wait until a condition on the page holds, because a busy browser handles a click later."""
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
    from selenium.webdriver.support.wait import WebDriverWait

    changing = (NoSuchElementException, StaleElementReferenceException)
    WebDriverWait(browser, 60, ignored_exceptions=changing).until(lambda _: holds())


def test_a_click_on_a_cell_tells_why_in_a_browser(report: reports.Report, browser: Chrome, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    def heading() -> str:
        return panel.find_element(By.TAG_NAME, "h2").text

    def shows(cell: dict[str, Any]) -> bool:
        reasons = [item.text for item in panel.find_elements(By.CSS_SELECTOR, ".reasons li")]
        return panel.is_displayed() and reasons == cell["reasons"] and cell["rule"] in panel.text

    page = Page(report.html)
    browser.get(report.write(tmp_path / "report.html").as_uri())
    panel = browser.find_element(By.ID, "why")
    assert not panel.is_displayed()
    target = HOSTILE[0]
    row = browser.find_element(By.CSS_SELECTOR, f"#map tbody tr:nth-child({page.data['targets'].index(target) + 1})")
    cells = row.find_elements(By.TAG_NAME, "button")
    for cell in (cells[1], cells[0]):
        cell.click()
        told_cell = page.data["cells"][int(cell.get_attribute("data-n") or "")]
        wait_until(browser, partial(shows, told_cell))
        assert target in heading()
        assert "at least 0.52" in panel.text
    cells[0].send_keys(Keys.ARROW_RIGHT)
    symbol = page.data["symbols"][0]
    wait_until(browser, lambda: heading() == f"{target} on {symbol}")
    assert browser.switch_to.active_element == cells[1]
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_until(browser, lambda: not panel.is_displayed())
    browser.find_element(By.CSS_SELECTOR, "#flips .list a").click()
    wait_until(browser, panel.is_displayed)
    assert browser.execute_script("return window.broken") is None
    loaded = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    assert browser.execute_script(loaded) == []
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_the_page_fits_a_phone_and_paper(report: reports.Report, browser: Chrome, tmp_path: Path) -> None:
    metrics = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.get(report.write(tmp_path / "report.html").as_uri())
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics | {"width": 240})  # as for twenty symbols
    widths = "return [...document.querySelectorAll('#map tbody th')].map((name) => name.clientWidth)"
    assert min(browser.execute_script(widths)) > 100  # so that a name is not broken after each letter
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    outside = (
        "return [...document.querySelectorAll('.scroll')]"
        ".map((frame) => frame.scrollHeight - frame.clientHeight).filter((pixels) => pixels > 1)"
    )
    browser.set_window_size(800, 200)
    assert browser.execute_script(outside) == []  # so that no table runs over the text that follows it
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
