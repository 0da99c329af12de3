"""A person's pin is applied last, is told, and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

import planstore
import samples
from histories import SYMBOL, TARGET, cs, local, route, time_is
from planstore import NotFoundError, RequestError
from planstore.api.store import Store
from planstore.events.vocabulary import Route
from planstore.plans.planning import make_plan

TOMORROW = datetime.now(UTC) + timedelta(days=1)
PAIRS = [cs(0.7), local(0.4), samples.record(TARGET, "MSFT", 0.7), samples.record("y_up_5d", "AAPL", 0.7)]


def routes(store: Store) -> dict[tuple[str, str | None], str]:
    return {
        (target, symbol): route
        for target, symbol, route in store.sql("select target, symbol, route from current_decisions").fetchall()
    }


@settings(max_examples=3)
@given(data=st.data())
def test_a_pairs_pin_comes_before_its_targets_and_both_before_the_rules(
    shared_store: Store, data: st.DataObject
) -> None:
    for standing in shared_store.overrides.list():
        shared_store.overrides.clear(standing.target, standing.symbol)
    route(shared_store, PAIRS)
    by_rules = routes(shared_store)
    keys = st.sampled_from(
        [(TARGET, None), (TARGET, "AAPL"), (TARGET, "MSFT"), ("y_up_5d", "AAPL"), (TARGET, "GONE"), ("none", "X")]
    )
    pins = data.draw(st.dictionaries(keys, st.sampled_from(Route), max_size=3))
    for (target, symbol), pinned in pins.items():
        shared_store.overrides.set(target, symbol, pinned, reason="r")
    run = route(shared_store, PAIRS)
    decided = routes(shared_store)
    pooled = ("ROUTE_CROSS_SECTIONAL", "ROUTE_BOTH")
    for target, symbol in by_rules:
        pin = pins.get((target, symbol), pins.get((target, None)))
        if symbol is not None:
            assert decided[target, symbol] == (pin or by_rules[target, symbol])
            continue
        needed = any(of[0] == target and of in by_rules and pinned in pooled for of, pinned in pins.items())
        expected = "ENABLED" if needed else "DISABLED" if pin else by_rules[target, None]
        assert decided[target, None] == expected
    overridden = shared_store.sql("select count(*) from current_decisions where override_id is not null").fetchall()
    assert (overridden[0][0] > 0) == any(of in by_rules for of in pins)
    assert all(shared_store.why(*of).findings == [] for of in by_rules)
    assert planstore.validate_training_plan(run.plan) == {"ok": True, "warnings": []}


def test_a_pin_of_a_target_pins_its_pairs_and_says_how_many(store: Store) -> None:
    store.overrides.set(TARGET, None, "ROUTE_BLOCKED", reason="r")
    assert store.overrides.pinned_pairs(TARGET) == (0, 0), "no run has decided on any"
    route(store, PAIRS)
    assert store.overrides.pinned_pairs(TARGET) == (2, 0)
    for symbol in ("MSFT", "GONE"):
        store.overrides.set(TARGET, symbol, "ROUTE_BOTH", reason="r")
    assert (store.overrides.pinned_pairs(TARGET), store.overrides.pinned_pairs("none")) == ((1, 1), (0, 0))
    route(store, PAIRS)
    assert routes(store)[TARGET, "AAPL"] == "ROUTE_BLOCKED"
    assert routes(store)[TARGET, "MSFT"] == "ROUTE_BOTH"


def test_a_pinned_pair_gets_the_jobs_of_its_route(store: Store) -> None:
    store.overrides.set(TARGET, SYMBOL, "ROUTE_BOTH", reason="a trial", author="ann")
    run = route(store, [cs(0.4), local(0.4)])
    assert [job["job_id"] for job in run.plan.jobs] == [f"sym_{TARGET}_{SYMBOL}", f"cs_{TARGET}"]
    assert store.integrity.verify().holds
    found = store.why(TARGET)
    assert (found.route, found.rule) == ("ENABLED", "OVERRIDE")
    assert found.reasons[0].endswith("Override ROUTE_BOTH by ann: a trial on AAPL")


def test_an_override_applies_from_the_next_run_until_it_is_cleared(store: Store) -> None:
    route(store, [cs(), local()])
    made = store.overrides.set(TARGET, SYMBOL, "ROUTE_BLOCKED", reason="x", author="ann")
    assert store.why(TARGET, SYMBOL).route == "ROUTE_SYMBOL_SPECIFIC"
    route(store, [cs(), local()])
    assert store.why(TARGET, SYMBOL).route == "ROUTE_BLOCKED"
    assert store.overrides.list() == [made]
    assert store.overrides.clear(TARGET, SYMBOL, author="ben", reason="done") == made
    assert store.overrides.list() == []
    route(store, [cs(), local()])
    assert store.why(TARGET, SYMBOL).route == "ROUTE_SYMBOL_SPECIFIC"
    with store.at(2) as then:
        assert then.overrides.list() == [made]
    cleared = store.sql("select author, reason, cleared from overrides order by commit_id").fetchall()
    assert cleared == [("ann", "x", False), ("ben", "done", True)]
    assert store.why(TARGET, SYMBOL, run_id="3").findings == []


def test_one_that_replaces_another_ends_it_for_good(store: Store) -> None:
    store.overrides.set(TARGET, SYMBOL, "ROUTE_BLOCKED", reason="first")
    second = store.overrides.set(TARGET, SYMBOL, "ROUTE_BOTH", reason="second", expires_at=TOMORROW)
    assert store.overrides.list() == [second]
    route(store, [cs(), local()])
    assert store.why(TARGET, SYMBOL).route == "ROUTE_BOTH"
    with time_is(TOMORROW):
        assert store.overrides.list() == []
        route(store, [cs(), local()])
    assert store.why(TARGET, SYMBOL).route == "ROUTE_SYMBOL_SPECIFIC"


def test_one_expires_at_its_moment_and_not_before(store: Store) -> None:
    store.overrides.set(TARGET, None, "ROUTE_BLOCKED", reason="x", expires_at=TOMORROW)
    with time_is(TOMORROW - timedelta(microseconds=1)):
        route(store, [cs(), local()])
    assert store.why(TARGET, SYMBOL).route == "ROUTE_BLOCKED"
    with time_is(TOMORROW):
        route(store, [cs(), local()])
    assert store.why(TARGET, SYMBOL).route == "ROUTE_SYMBOL_SPECIFIC"
    assert all(store.why(TARGET, SYMBOL, run_id=run).findings == [] for run in ("2", "3"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"route": "BLOCKED"}, "route must be one of ROUTE_CROSS_SECTIONAL, .*, got 'BLOCKED'"),
        ({"reason": " "}, "reason must be a text of 1 to 1,000 characters, got ' '"),
        ({"target": ""}, "target must be a text of 1 to 1,000 characters, got ''"),
        ({"symbol": "x" * 1001}, "symbol must be a text of 1 to 1,000 characters, got one of 1,001 characters"),
        ({"author": "a\0b"}, "author must be a text without NUL .*, got"),
        ({"expires_at": datetime(2020, 1, 1)}, r"expires_at must be later than .*, got 2020-01-01T00:00:00"),
    ],
)
def test_a_wrong_one_is_refused_and_nothing_is_written(store: Store, changes: dict[str, Any], said: str) -> None:
    store.create()
    given = {"target": TARGET, "symbol": SYMBOL, "route": "ROUTE_BLOCKED", "reason": "r", "author": "a"} | changes
    with pytest.raises(RequestError, match=said):
        store.overrides.set(given.pop("target"), given.pop("symbol"), given.pop("route"), **given)
    assert store.log() == []


def test_clearing_what_is_not_there_is_refused(store: Store) -> None:
    store.overrides.set(TARGET, SYMBOL, "ROUTE_BLOCKED", reason="r")
    with pytest.raises(NotFoundError, match=f"no override is in force on {TARGET!r}; "):
        store.overrides.clear(TARGET)
    store.overrides.clear(TARGET, SYMBOL)
    with pytest.raises(NotFoundError, match="no override is in force"):
        store.overrides.clear(TARGET, SYMBOL)
    with store.at(1) as then, pytest.raises(RequestError, match="works on the store as it is now"):
        then.overrides.clear(TARGET, SYMBOL)


def test_one_that_is_set_while_a_route_is_decided_is_in_its_decisions(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The override is set after the rules have run and before the run is recorded: the run is decided again."""
    decided: list[int] = []

    def overridden_meanwhile(*given: Any, **named: Any) -> Any:
        if not decided:
            with planstore.open(store.results) as beside:
                beside.overrides.set(TARGET, SYMBOL, "ROUTE_BLOCKED", reason="meanwhile")
        decided.append(1)
        return make_plan(*given, **named)

    monkeypatch.setattr("planstore.runs.create.make_plan", overridden_meanwhile)
    run = route(store, [cs(), local()])
    assert (len(decided), run.commit_id) == (2, 2)
    found = store.why(TARGET, SYMBOL)
    assert (found.route, found.findings) == ("ROUTE_BLOCKED", [])
    assert store.integrity.verify().holds


def test_an_override_of_what_the_newest_run_does_not_know_is_told(store: Store) -> None:
    assert store.overrides.unknown_to_newest_run(TARGET, SYMBOL) is None
    route(store, [cs(), local()])
    assert store.overrides.unknown_to_newest_run(TARGET, SYMBOL) is None
    assert "the nearest symbols of this target: 'AAPL'" in str(store.overrides.unknown_to_newest_run(TARGET, "APPL"))
