"""The pages in a real browser: for the eye, the keyboard and the screen reader, over names of every kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

import samples
from planstore import JobStatus
from planstore.api.store import Store
from planstore.ui import route_map
from planstore.ui.addresses import PAGES
from ui_servers import HOSTILE, Client, browser, is_loaded, served, wait_until

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

AXE = "selenium_axe_python"
"""The package that carries axe-core 4.9, by Deque, under MPL-2.0; it is used in tests alone."""
SERIOUS = ("serious", "critical")
PHONE = 390
BROKEN = (
    "return [...document.querySelectorAll('td .name')]"
    ".filter((name) => name.checkVisibility() && name.textContent.length > 20 && name.clientWidth < 100)"
    ".map((name) => `${name.textContent} in ${name.clientWidth} px`)"
)
"""The long names in tables that have too little room, so that they are broken letter by letter."""
BLANK = (
    "const end = document.querySelector('body > footer').getBoundingClientRect().bottom + scrollY;"
    "return Math.round(document.documentElement.scrollHeight - Math.max(innerHeight, end))"
)
"""Pixels below the end of the page."""
PLAIN = (
    "return [...document.querySelectorAll('td a')].filter((link) => [link, ...link.querySelectorAll('.name')]"
    ".some((part) => getComputedStyle(part).textDecorationLine !== 'underline')).map((link) => link.textContent)"
)
"""The links in tables that colour alone tells from text; an inline block takes no line from its link."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, client: Client) -> Iterator[Chrome]:
    """Yield a browser that was let in."""
    try:
        with browser(tmp_path_factory.mktemp("profile")) as found:
            client.enter(found)
            yield found
    except FileNotFoundError as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def show(opened: Chrome, address: str) -> None:
    opened.get(address)
    wait_until(opened, lambda: is_loaded(opened))


def look(opened: Chrome, **features: Any) -> None:
    """Show pages with another width or colour scheme."""
    width = features.get("width", 1300)
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": features.get("scheme", "light")}
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def findings(opened: Chrome, *rules: str) -> list[str]:
    """Return the serious findings of axe-core on the page: of these rules, or of all."""
    found = opened.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "const chosen = arguments[0].length ? {runOnly: arguments[0]} : {};"
        "axe.run({resultTypes: ['violations'], ...chosen}).then((found) => done(found.violations));",
        rules,
    )
    return [
        f"{one['id']}: {node['html'][:160]} {node.get('failureSummary')}"
        for one in found
        for node in one["nodes"]
        if one["impact"] in SERIOUS
    ]


def addresses(told: Store) -> dict[str, str]:
    """Return the address of every page that is no part, with the values that it needs."""
    from urllib.parse import urlencode

    target, symbol = HOSTILE[0], HOSTILE[3]
    values: dict[str, dict[str, str]] = {
        "/pair": {"target": target, "symbol": symbol},
        "/target": {"target": HOSTILE[2]},
        "/symbol": {"symbol": HOSTILE[4]},
        "/job": {"id": told.plan().jobs[1]["job_id"]},
        "/policy": {"id": told.run().policy_id},
        "/find": {"part": "script"},
        "/whatif": {"set": "symbol.min_score=0.6"},
        "/": {"as_of": "2"},
    }
    paths = [page.path for page in PAGES if not page.path.startswith("/part/")]
    return {path: f"{path}?{urlencode(values.get(path, {}))}" for path in paths}


def test_every_page_is_for_everyone(told: Store, client: Client, opened: Chrome) -> None:
    script = files(AXE).joinpath("axe-core", "axe.min.js").read_text(encoding="utf-8")
    problems: list[Any] = []
    for path, address in addresses(told).items():
        look(opened, scheme="light")
        show(opened, client.origin + address)
        opened.execute_cdp_cmd("Runtime.evaluate", {"expression": script})  # because the page allows no other script
        problems += [(path, "light", found) for found in findings(opened)]
        look(opened, scheme="dark", width=PHONE)
        problems += [(path, "dark, phone", found) for found in findings(opened, "color-contrast", "target-size")]
        width = opened.execute_script("return document.documentElement.scrollWidth")
        problems += [(path, "wider than a phone", width)] if width > PHONE else []
        problems += [(path, "a name is broken", name) for name in opened.execute_script(BROKEN)]
        problems += [(path, "blank below its end", blank) for blank in [opened.execute_script(BLANK)] if blank > 0]
        problems += [(path, "no underline", link) for link in opened.execute_script(PLAIN)]
        assert opened.execute_script("return window.broken") is None
        problems += [(path, entry) for entry in opened.get_log("browser")]  # type: ignore[no-untyped-call]
    look(opened)
    assert problems == [], "\n".join(map(str, problems))


def test_the_keyboard_leads_from_the_first_page_to_a_why(told: Store, client: Client, opened: Chrome) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    def press(*keys: str) -> None:
        for key in keys:
            opened.switch_to.active_element.send_keys(key)

    def focused() -> str:
        return opened.switch_to.active_element.text

    show(opened, client.origin + "/run")
    press(Keys.TAB)
    assert focused() == "Skip to the content"
    for _ in range(60):
        if opened.switch_to.active_element.get_attribute("id") == "map-canvas":
            break
        press(Keys.TAB)
    canvas = opened.find_element(By.ID, "map-canvas")
    assert opened.switch_to.active_element == canvas
    press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    found = client.get("/api/v1/map").json
    target, symbol = found["targets"][1], found["symbols"][1]
    route = told.why(target, symbol).route
    cell = opened.find_element(By.ID, "map-cell").text
    assert cell.startswith(f"{target} on {symbol}: ")
    assert found["letters"][found["routes"][1][1]]["route"] == route
    press("+", "-", Keys.ENTER)
    wait_until(opened, lambda: opened.current_url.startswith(f"{client.origin}/pair?"))
    wait_until(opened, lambda: is_loaded(opened))
    assert opened.find_element(By.TAG_NAME, "h1").text == f"{target} on {symbol}"
    assert opened.execute_script("return window.broken") is None


def test_a_page_of_a_table_and_a_slider_answer_in_their_place(
    told: Store, client: Client, opened: Chrome, monkeypatch: pytest.MonkeyPatch
) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    monkeypatch.setattr(route_map, "PAGE_ROWS", 20)
    show(opened, f"{client.origin}/run")
    opened.find_element(By.LINK_TEXT, "Next").click()
    wait_until(opened, lambda: "36 pairs; page 2 of 2." in opened.find_element(By.TAG_NAME, "main").text)
    assert opened.current_url == f"{client.origin}/run?page=2"
    previous = opened.find_element(By.LINK_TEXT, "Previous").get_attribute("href")
    show(opened, str(previous))  # as a new tab does
    assert "36 pairs; page 1 of 2." in opened.find_element(By.TAG_NAME, "main").text
    assert opened.find_elements(By.TAG_NAME, "nav")
    show(opened, f"{client.origin}/whatif")
    number = opened.find_element(By.ID, "field-symbol.min_score")
    number.clear()
    number.send_keys("0.6")
    changed = client.get("/api/v1/whatif", set="symbol.min_score=0.6").json

    def effect() -> str:
        return opened.find_element(By.ID, "effect").text

    wait_until(opened, lambda: "Changed: symbol.min_score 0.52 → 0.6" in effect())
    assert f"{changed['flipped_pairs']}\npairs flip" in effect()
    assert "set=symbol.min_score%3D0.6" in opened.current_url
    show(opened, f"{client.origin}/sql?query=select+target%2C+42+as+n+from+runs%2C+current_decisions+limit+3")
    assert opened.find_elements(By.CSS_SELECTOR, "#rows tr") == []  # because a link of another page could run it
    opened.find_element(By.ID, "query").send_keys(Keys.CONTROL, Keys.ENTER)
    wait_until(opened, lambda: len(opened.find_elements(By.CSS_SELECTOR, "#rows tbody tr")) == 3)
    assert opened.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_a_page_follows_a_store_that_is_being_written(store: Store, opened: Chrome) -> None:
    store.route(samples.table(samples.records(1, 2)), samples.policy(symbol={"min_score": 0.4, "strong_score": 0.4}))
    with served(store) as client:
        client.enter(opened)
        _follow(store, client, opened)


def test_the_first_run_appears_by_itself(store: Store, opened: Chrome) -> None:
    from selenium.webdriver.common.by import By

    store.create()
    with served(store) as client:
        client.enter(opened)
        wait_until(opened, lambda: "no run yet" in opened.find_element(By.TAG_NAME, "h1").text)
        store.route(samples.table(samples.records(1, 2)), samples.policy(), run_id="first")
        wait_until(opened, lambda: opened.find_element(By.TAG_NAME, "h1").text == "Overview")
        assert opened.find_element(By.CSS_SELECTOR, ".time summary").text == "As of now commit 1"


def _follow(told: Store, client: Client, opened: Chrome) -> None:
    from selenium.webdriver.common.by import By

    show(opened, f"{client.origin}/plan")
    plan = told.plan()
    with told.training.status_writer() as writer:
        writer.record(JobStatus(str(plan.plan_id), plan.jobs[0]["job_id"], "succeeded", metrics={"score": 0.7}))

    def succeeded() -> int:
        rows = opened.find_elements(By.CSS_SELECTOR, ".progress a")
        return sum(int(row.text.split()[1]) for row in rows if row.text.startswith("succeeded"))

    wait_until(opened, lambda: succeeded() == 1)
    assert opened.find_element(By.CSS_SELECTOR, ".time summary").text == "As of now commit 2"
    opened.find_element(By.CSS_SELECTOR, "#content [name=part]").click()
    told.overrides.set("y_up_01_10m", "SYM01", "ROUTE_BLOCKED", reason="a test")
    wait_until(opened, lambda: "1 new commit since this page was read" in opened.find_element(By.ID, "news").text)
    show(opened, f"{client.origin}/policies")
    told.route(samples.table(samples.records(2, 2, seed=9)), samples.policy(), run_id="later")
    wait_until(opened, lambda: "1 new commit since this page was read" in opened.find_element(By.ID, "news").text)
