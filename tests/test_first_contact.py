"""A newcomer's slips are said: a misspelt folder, a plan that is not there, an override that ends soon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import planstore
import samples
from cli.test_cli import call


def test_a_store_that_was_not_there_is_said_once_and_not_for_one_that_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with planstore.open(tmp_path / "typo") as store:
        store.create()
    (said,) = caplog.records
    assert said.getMessage() == f"there is no store in {tmp_path / 'typo'} yet: a new one is made on first use"
    with planstore.open(tmp_path / "typo"):
        pass
    with pytest.raises(planstore.StoreMissingError), planstore.open(tmp_path / "other", create=False) as missing:
        missing.log()
    assert len(caplog.records) == 1


def test_a_plan_that_is_not_there_names_the_folders_that_were_looked_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert planstore.load_training_plan(tmp_path / "nosuch") is None
    (said,) = caplog.records
    for folder in ("planstore", "globals/training_plan", "METRICS/training_plan", ""):
        assert str(tmp_path / "nosuch" / folder) in said.getMessage()


def test_overrides_are_selected_by_author_and_end_and_one_that_ends_soon_is_warned_of(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with planstore.open(tmp_path / "results") as store:
        store.route(samples.table([samples.record("y", s, 0.7) for s in (None, "A", "B", "C")]), samples.policy())
        ends = {"A": now + timedelta(days=3), "B": now + timedelta(days=30), "C": None}
        for symbol, end in ends.items():
            author = "ann" if symbol != "B" else "ben"
            store.overrides.set("y", symbol, "ROUTE_BLOCKED", reason="thin", author=author, expires_at=end)
        by = store.overrides.list
        assert [one.symbol for one in by()] == ["A", "B", "C"]
        assert [one.symbol for one in by(author="ann")] == ["A", "C"]
        assert [one.symbol for one in by(expires_before=now + timedelta(days=60))] == ["A", "B"]
        assert by(author="ben", expires_before=now + timedelta(days=4)) == []
        assert [one.symbol for one in store.overrides.ending()] == ["A"]
        assert [one.symbol for one in store.overrides.ending(timedelta(days=31))] == ["A", "B"]
    shown = call("override", "list", "--author", "ben", "--results", tmp_path / "results")
    assert (" B " in shown.stdout, " A " in shown.stdout) == (True, False)
    assert shown.stderr.count("an override ends soon: y on A is pinned to ROUTE_BLOCKED by ann until") == 1
    assert "y on B" not in shown.stderr
