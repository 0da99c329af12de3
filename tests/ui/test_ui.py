"""The server of pages: who is let in, that its answers are those of the verbs, and its limits."""

from __future__ import annotations

import io
import re
import socket
from contextlib import ExitStack
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import orjson
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

import samples
from planstore import pages
from planstore.api.store import Store
from planstore.cli.output import json_bytes
from planstore.cli.verbs import app
from planstore.errors import DeniedError
from planstore.ledger.embedded.last_verification import LastVerification
from planstore.ui import overview, query, reading
from planstore.ui.addresses import ANSWERS, API, PAGES
from planstore.ui.memo import Memo
from ui_servers import HOSTILE, LANE, Client, Found, served

PAIR: dict[str, Any] = {"target": HOSTILE[0], "symbol": HOSTILE[3]}
VERBS = {
    "/why": ["why", HOSTILE[0], HOSTILE[3]],
    "/history": ["history", HOSTILE[0], HOSTILE[3]],
    "/log": ["log"],
    "/status": ["status"],
    "/jobs": ["jobs"],
    "/overrides": ["override", "list"],
    "/diff": ["diff", "<b>run</b> 0", "<b>run</b> 5"],
    "/calibrate": ["calibrate"],
}
"""The answers that verbs print too."""


def values_of(told: Store, path: str) -> dict[str, Any]:
    """Return the values that a page or an answer needs."""
    values: dict[str, dict[str, Any]] = {
        "/pair": PAIR, "/part/scores": PAIR, "/part/changes": PAIR, "/target": {"target": HOSTILE[0]},
        "/symbol": {"symbol": HOSTILE[3]}, "/job": {"id": told.plan().jobs[0]["job_id"]},
        "/policy": {"id": told.run().policy_id}, "/find": {"part": "script"}, "/names": {"part": "script"},
        "/why": PAIR, "/history": PAIR, "/scores": PAIR, "/pairs-of": {"target": HOSTILE[0]},
        "/diff": {"a": "<b>run</b> 0", "b": "<b>run</b> 5"}, "/sql": {"query": "from runs"},
        "/part/whatif": {"set": "symbol.min_score=0.6"}, "/whatif": {"set": "symbol.min_score=0.6"},
    }  # fmt: skip
    return values.get(path, {})


class Elements(HTMLParser):
    """The elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def seen(told: Store, client: Client) -> dict[str, Found]:
    """Return every page, by its path."""
    return {page.path: client.get(page.path, **values_of(told, page.path)) for page in PAGES}


def test_every_page_is_whole_and_holds_no_script_or_style_of_its_own(seen: dict[str, Found]) -> None:
    for path, found in seen.items():
        assert found.status == 200, (path, found.text)
        policy = found.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["x-frame-options"] == "DENY"
        assert found.headers["referrer-policy"] == "no-referrer"
        assert found.headers["cache-control"] == "no-store"
        assert "server" not in found.headers
        assert "49 &amp; co" not in found.text
        for tag, attributes in Elements(found.text).found:
            assert tag not in {"style", "iframe", "img", "object", "embed", "base"}, (path, tag)
            assert not any(name == "style" or name.startswith("on") for name in attributes), (path, attributes)
            for name in ("src", "href", "action"):
                value = attributes.get(name) or "/"
                assert value.startswith(("/", "#")), (path, tag, value)
                assert not value.startswith("//"), (path, tag, value)
            if tag == "script":
                assert (attributes["src"] or "").startswith("/static/"), path


def test_every_link_leads_to_a_page_and_every_page_has_its_twin(
    told: Store, client: Client, seen: dict[str, Found]
) -> None:
    paths = {page.path for page in PAGES}
    answers = {f"{API}{answer.path}" for answer in ANSWERS}
    for path, found in seen.items():
        for _, attributes in Elements(found.text).found:
            address = attributes.get("href") or attributes.get("data-part") or attributes.get("action") or "#"
            linked = address.partition("?")[0]
            assert linked.startswith(("#", "/static/")) or linked in paths | answers, (path, address)
    for path in ("/diff", "/find", *seen):  # the first two as the menu or a bare address opens them
        found = client.get(path) if path in ("/diff", "/find") else seen[path]
        for tag, attributes in Elements(found.text).found:
            if tag == "a" and (attributes.get("href") or "").startswith(API) and "id" not in attributes:
                twin = client.get(str(attributes["href"]))
                assert (twin.status, twin.headers["content-type"]) == (200, "application/json"), (path, twin.text)
    for page in PAGES:
        known = next((answer.parameters for answer in ANSWERS if answer.path == page.twin), ())
        values = {name: value for name, value in values_of(told, page.path).items() if name in known}
        if page.twin is not None and page.twin not in VERBS:
            twin = client.get(f"{API}{page.twin}", **values)
            assert (twin.status, twin.headers["content-type"]) == (200, "application/json"), (page.path, twin.text)


def test_answers_are_those_of_the_verbs(told: Store, client: Client) -> None:
    for path, words in VERBS.items():
        printed = CliRunner().invoke(app, [*words, "--json", "--results", str(told.results)])
        assert client.get(f"{API}{path}", **values_of(told, path)).json == orjson.loads(printed.stdout), path
    changed = client.get(f"{API}/whatif", set="symbol.min_score=0.6").json
    policy = samples.policy(**LANE, dump_plan_as=["YAML"], symbol={"min_score": 0.6, "strong_score": 0.6})
    assert changed == orjson.loads(json_bytes(told.whatif(policy, runs=["<b>run</b> 5"]).as_dict()))


def test_the_map_and_the_table_hold_the_decisions(told: Store, client: Client) -> None:
    rows = told.sql("select target, symbol, route from current_decisions where symbol is not null").fetchall()
    found = client.get(f"{API}/map").json
    routes = {letter: words["route"] for letter, words in found["letters"].items()}
    drawn = {
        (target, symbol, routes[letter])
        for target, letters in zip(found["targets"], found["routes"], strict=True)
        for symbol, letter in zip(found["symbols"], letters, strict=True)
    }
    assert drawn == set(rows)
    listed = client.get(f"{API}/pairs", order="flips").json
    assert {(row["target"], row["symbol"], row["route"]) for row in listed["pairs"]} == set(rows)
    flips = told.diff("<b>run</b> 0", "<b>run</b> 5")
    assert sum(found["flips"]) == flips.flipped_pairs > 0
    assert [row["flipped"] for row in listed["pairs"]].index(False) == flips.flipped_pairs
    caused = client.get(f"{API}/pairs", cause="evidence", target="script", route="ROUTE_BLOCKED").json
    assert {(row["flipped"], row["route"]) for row in caused["pairs"]} <= {(True, "ROUTE_BLOCKED")}
    assert client.get(f"{API}/map", target="no such").json["fittings"] == [0] * 6


def test_routes_have_one_order_on_all_pages(told: Store, client: Client) -> None:
    order = ("both", "cross-sectional", "symbol-specific", "experimental only", "blocked")
    shown: dict[str, dict[str, Any]] = {
        "/": {},
        "/run": {},
        "/symbol": {"symbol": HOSTILE[3]},
        "/part/diff": {"a": "<b>run</b> 0", "b": "<b>run</b> 5"},
    }
    for path, values in shown.items():
        found = client.get(path, **values).text
        places = [found.index(f"</span> {route}<") for route in order]
        assert places == sorted(places), path


def test_the_newest_flips_are_counted_by_pairs_and_targets(told: Store, client: Client) -> None:
    flips = told.diff("<b>run</b> 0", "<b>run</b> 5")
    targets = f"{flips.flipped_targets} target{'' if flips.flipped_targets == 1 else 's'}"
    assert f"<p>{flips.flipped_pairs} pairs and {targets} flipped from run" in client.get("/part/flips").text


def test_large_numbers_fit_beside_the_timeline(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for pairs, told in ((36, "36"), (9_999, "9,999"), (250_000, "250k"), (1_000_000, "1M"), (12_500_000, "12.5M")):
        monkeypatch.setattr(overview, "route_counts", lambda _, __, pairs=pairs: {"ROUTE_BOTH": pairs})
        assert f'<text x="44" y="22" class="tick end">{told}</text>' in client.get("/part/timeline").text


def test_labels_of_thresholds_do_not_overlap(client: Client) -> None:
    found = client.get("/part/evidence").text
    heights = {
        level: set(re.findall(rf'y="(-?\d+)" class="tick middle">{level} ', found)) for level in ("min", "strong")
    }
    assert heights == {"min": {"-4"}, "strong": {"-16"}}


def test_a_pair_of_no_run_says_so_once(client: Client) -> None:
    unknown: dict[str, Any] = {"target": "none", "symbol": "NONE"}
    assert "no other run decided on it either" in client.get("/pair", **unknown).text
    changes = client.get("/part/changes", **unknown)
    assert (changes.status, "No run has decided on it." in changes.text) == (200, True)
    assert client.get(f"{API}/history", **unknown).status == 404


def test_thresholds_are_tried_on_the_run_of_the_page(client: Client) -> None:
    assert 'href="/whatif?run=%3Cb%3Erun%3C%2Fb%3E+0"' in client.get("/pair", **PAIR, run="<b>run</b> 0").text


def test_styles_hold_no_value_that_browsers_drop() -> None:
    for sheet in ("theme.css", "report.css", "plot.css", "ui/pages.css"):
        assert re.findall(r"var\([^)]*\)\w+", pages.part(sheet)) == [], sheet


def test_pairs_are_filtered_by_the_horizon_in_the_name_of_the_target(told: Store, client: Client) -> None:
    known = told.sql("select distinct target from current_decisions").fetchall()
    of_horizon = {target for (target,) in known if "60m" in target.split("_")}
    found = client.get(f"{API}/pairs", horizon="60m").json
    assert {row["target"] for row in found["pairs"]} == of_horizon != set()
    assert '<option value="60m" selected>60m (1 target)</option>' in client.get("/run", horizon="60m").text
    assert client.get(f"{API}/pairs", horizon="0m").json["pairs"] == []


def test_an_address_with_a_mistake_says_what_is_wrong(client: Client) -> None:
    mistakes: tuple[tuple[str, dict[str, Any], int, str], ...] = (
        ("/run", {"rum": "x"}, 400, "a parameter must be one of as_of, "),
        ("/run", {"run": "none"}, 404, "is no run, commit, plan or time"),
        ("/pair", {"target": "x"}, 400, "symbol must be given, got none"),
        ("/part/pairs", {"page": "0"}, 400, "page must be a whole number from 1"),
        ("/part/pairs", {"order": "x"}, 400, "order must be one of target, "),
        ("/run", {"as_of": "99"}, 404, "99"),
        ("/run", {"run": ["1", "2"]}, 400, "run must have one value, got 2"),
        ("/job", {"id": "x"}, 404, "is no job of plan"),
        ("/policy", {"id": "x"}, 404, "is no policy of this store"),
        ("/nowhere", {}, 404, "the address must be one of this server"),
        ("/static/../server.py", {}, 404, "the address must be one of this server"),
        ("/static/nothing.css", {}, 404, "the address must be one of this server"),
        ("/part/whatif", {"set": "symbol.min_score=x"}, 400, "symbol.min_score must be a number"),
        ("/part/whatif", {"set": "families=x"}, 400, "set must be KEY=VALUE of a key with a field"),
        ("/part/whatif", {"set": "symbol.min_score=0.9"}, 400, "strong_score"),
    )
    for path, values, status, said in mistakes:
        found = client.get(path, **values)
        assert found.status == status, (path, found.text)
        assert said in found.text.replace("&#39;", "'"), (path, values)
    wrong = client.get(f"{API}/why", target="x", symbol="y", run="none")
    assert (wrong.status, list(wrong.json)) == (404, ["error"])


def test_the_store_is_shown_as_it_was(told: Store, client: Client) -> None:
    first = client.get("/", as_of=1)
    assert "&lt;b&gt;run&lt;/b&gt; 0" in first.text
    assert "&lt;b&gt;run&lt;/b&gt; 5" not in first.text
    assert "as_of=1" in first.text
    assert client.get(f"{API}/why", **PAIR, as_of=1).json == orjson.loads(json_bytes(told.at(1).why(**PAIR).as_dict()))
    assert client.get("/run", run="<b>run</b> 5", as_of=1).status == 404
    with served(told.at(2)) as fixed:
        assert fixed.get(f"{API}/head").json == {"commit_id": 2}
        assert "as_of must be at most 2, got 3" in fixed.get("/", as_of=3).text
        assert "runs" in fixed.get(f"{API}/sql", query="select count(*) as runs from runs").text


def test_a_changed_policy_is_saved_as_a_file(told: Store, client: Client, tmp_path: Path) -> None:
    saved = client.get(f"{API}/policy.yaml", set=CHANGES)
    assert saved.headers["content-disposition"] == 'attachment; filename="policy.yaml"'
    path = tmp_path / "policy.yaml"
    path.write_bytes(saved.body)
    document = yaml.safe_load(saved.body)["routing"]
    assert (document["symbol"]["min_score"], document["block_on_leakage"]) == (0.55, False)
    assert (document["max_false_discovery_rate"], document["score"]) == (0.2, "shrunken")
    assert told.whatif(path, runs=["<b>run</b> 5"]).runs == ["<b>run</b> 5"]


def test_queries_read_within_their_limits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    found = client.get(
        f"{API}/sql", query="select 1 as a, null as b, 'x' as c, 170141183460469231731::hugeint as d"
    ).json
    assert found["rows"] == [{"a": 1, "b": None, "c": "x", "d": "170141183460469231731"}]
    assert [column["name"] for column in found["columns"]] == ["a", "b", "c", "d"]
    many = client.get(f"{API}/sql", query="from range(1000000000000)").json
    assert (len(many["rows"]), many["more"]) == (query.SHOWN_ROWS, True)
    table = pq.read_table(io.BytesIO(client.get(f"{API}/sql", query="from range(5)", format="parquet").body))
    assert table.to_pylist() == [{"range": number} for number in range(5)]
    rows = pyarrow.csv.read_csv(io.BytesIO(client.get(f"{API}/sql", query="from range(5)", format="csv").body))
    assert rows.num_rows == 5
    for text, said in (
        ("drop view runs", "planstore sql only reads"),
        ("select 1; select 2", "one statement, got 2"),
        ("from read_text('/etc/passwd')", "is not allowed here"),
        ("select $x", "$x must have a value"),
        ("selec", "syntax error"),
    ):
        refused = client.get(f"{API}/sql", query=text)
        assert (refused.status, said in refused.json["error"]) == (400, True), refused.text
    monkeypatch.setattr(query, "SECONDS", 0.3)
    slow = Thread(target=lambda: answers.append(client.get(f"{API}/sql", query=SLOW)))
    answers: list[Any] = []
    slow.start()
    assert client.get(f"{API}/head").status == 200  # answered while the query runs
    slow.join()
    assert "0.3 seconds" in answers[0].json["error"]


CHANGES = ["symbol.min_score=0.55", "block_on_leakage=false", "max_false_discovery_rate=0.2", "score=shrunken"]
SLOW = "select count(*) from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3"


def test_nothing_is_written(told: Store, client: Client) -> None:
    folder = told.results / "planstore"

    def content() -> dict[Path, tuple[int, int]]:
        files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm")]
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}  # shm: locks of readers

    before = content()
    for path in ("/", "/run", "/part/pairs", "/part/changes", "/api/v1/map", "/api/v1/sql"):
        assert client.get(path, **values_of(told, path.removeprefix(API)), as_of=2).status == 200
    assert content() == before


def test_the_overview_tells_when_the_store_was_verified_last(store: Store) -> None:
    def verify(*words: str) -> None:
        assert CliRunner().invoke(app, ["verify", "--results", str(store.results), *words]).exit_code == 0

    store.create()
    verify()
    store.route(samples.table(samples.records(1, 1)), samples.policy(), run_id="first")
    note = store.results / "planstore" / "verified.json"
    with served(store) as client:
        assert client.get(f"{API}/verification").json["is_of_this_ledger"]
        anchor = store.integrity.anchor()
        verify("--anchor", anchor)
        assert f"{anchor}</code>: no findings up to commit 1.</p>" in client.get("/").text
        store.overrides.set("y_up_01_10m", "SYM01", "ROUTE_BLOCKED", reason="a test")
        assert "no findings up to commit 1; <b>1 commit</b> came after it" in client.get("/").text
        told = client.get(f"{API}/verification").json
        assert (told["commit_id"], told["findings"], told["anchor"]) == (1, 0, anchor)
        when = datetime(2030, 1, 1, tzinfo=UTC)
        LastVerification(when, 1, anchor.partition(":")[2], 2, None).note(note)
        assert "had 2 findings:</b>" in client.get("/").text
        LastVerification(when, 1, "0" * 64, 0, None).note(note)
        assert "a commit that this ledger does not have" in client.get("/").text
        note.write_text("{")
        assert "cannot be read" in client.get("/").text
        assert client.get(f"{API}/verification").status == 500
        note.unlink()
        assert "Never verified on this machine" in client.get("/").text
        assert client.get(f"{API}/verification").json is None


def test_slow_clients_keep_nobody_waiting(client: Client) -> None:
    with ExitStack() as open_sockets:
        for _ in range(50):
            connection = open_sockets.enter_context(socket.create_connection(("127.0.0.1", client.port)))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")  # and never goes on
        assert client.get("/").status == 200


def test_an_empty_store_says_what_to_do_and_shows_its_first_run(store: Store) -> None:
    store.create()
    with served(store) as client:
        found = client.get("/")
        assert found.status == 200
        assert "planstore route candidates.parquet" in found.text
        for page in PAGES:
            if not page.path.startswith("/part/") and not page.parameters:
                assert client.get(page.path).status == 200
        assert client.get("/run").status == 404
        assert "the ledger holds no run yet" in client.get("/run").text
        store.route(samples.table(samples.records(1, 1)), samples.policy(), run_id="first")
        assert "first" in client.get("/").text
        assert client.get(f"{API}/head").json == {"commit_id": 1}


def test_an_answer_is_computed_once_for_all_who_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    memo, together, computed = Memo(2), Barrier(4), []

    def ask() -> None:
        together.wait()
        memo.get("key", lambda: computed.append(1))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert computed == [1]
    with pytest.raises(ZeroDivisionError):
        memo.get("other", lambda: 1 // 0)
    assert memo.get("other", lambda: 2) == 2
    memo.get("third", lambda: 3)
    assert memo.get("key", lambda: "again") == "again"


def test_reads_that_would_wait_too_long_are_refused(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr(reading, "WAITING", 0)
    refused = client.get("/")
    assert refused.status == 503
    assert "try again in a few seconds" in refused.text
    assert issubclass(DeniedError, Exception)


def test_the_documentation_names_every_page_and_answer() -> None:
    text = (Path(__file__).parents[2] / "docs" / "howto" / "browser.md").read_text(encoding="utf-8")
    shown = {page.path for page in PAGES if not page.path.startswith("/part/")}
    named = {*shown, *(f"{API}{answer.path}" for answer in ANSWERS)}
    assert {path for path in named if f"`{path}`" not in text} == set()
