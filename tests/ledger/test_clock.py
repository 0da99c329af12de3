"""A clock that is set back: commits keep their order, and no time shows what was recorded after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import planstore
import samples
from histories import SYMBOL, TARGET, cs, local, time_is
from planstore.api.store import Store
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_in
from planstore.routing.overrides import set_override

NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def set_back(tmp_path: Path) -> Iterator[Store]:
    """Yield a store of four commits; before the third the clock was set back by two hours, and one went by since."""
    times = [NOON - HOUR, NOON, NOON - 2 * HOUR, NOON - HOUR]
    for number, time in enumerate(times):  # each with a ledger of its own, as another process has
        ledger = Ledger(storage_in(tmp_path / "planstore"), clock=iter([time]).__next__)
        set_override(ledger, TARGET, f"SYM{number}", "ROUTE_BLOCKED", reason="x", author="ann")
        ledger.close()
    with planstore.open(tmp_path) as store:
        yield store


def test_no_commit_was_recorded_before_the_one_before_it(set_back: Store) -> None:
    assert [commit["recorded_at"] for commit in reversed(set_back.log())] == [NOON - HOUR, NOON, NOON, NOON]
    assert set_back.integrity.verify().holds


def test_one_ledger_keeps_the_order_without_reading_it_again(tmp_path: Path) -> None:
    times = iter([NOON, NOON - HOUR, NOON + HOUR])
    ledger = Ledger(storage_in(tmp_path / "planstore"), clock=times.__next__)
    for number in range(3):
        set_override(ledger, TARGET, f"SYM{number}", "ROUTE_BLOCKED", reason="x", author="ann")
    recorded = ledger.reader().rows("verify/commits")
    ledger.close()
    assert [row[1] for row in recorded] == [NOON, NOON, NOON + HOUR]


def test_no_time_shows_what_was_recorded_later(set_back: Store) -> None:
    for hours, commits in ((-1.5, 0), (-1, 1), (-0.5, 1), (0, 4), (1, 4)):
        with set_back.at(NOON + hours * HOUR) as then:
            assert len(then.log()) == commits


def test_an_override_that_expired_does_not_come_back(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store:
        with time_is(NOON):
            store.overrides.set(TARGET, SYMBOL, "ROUTE_BLOCKED", reason="x", expires_at=NOON + HOUR)
        with time_is(NOON + HOUR):
            store.overrides.set(TARGET, "other", "ROUTE_BLOCKED", reason="x")
        with time_is(NOON):
            assert [one.symbol for one in store.overrides.list()] == ["other"]
            run = store.route(samples.table([cs(), local()]), samples.policy())
            assert store.why(TARGET, SYMBOL).route == "ROUTE_SYMBOL_SPECIFIC"
            assert store.training.stale_reasons(run.plan_id) == []
