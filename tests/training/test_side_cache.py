"""A side is measured once: what was stopped goes on, and of a panel that grew only what changed is measured."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import markets
from planstore.training.evidence.measure import measure
from planstore.training.evidence.side import Question, measure_side
from planstore.training.evidence.side_cache import FoundSide, SideCache, side_cache
from planstore.training.evidence.side_task import SideTask, answer
from planstore.training.families import load_families
from planstore.training.panel.panel import Panel

FAMILIES = load_families()
QUESTION = Question("fwd_ret_1d", "AAA", (FAMILIES["lightgbm"],), folds=3, selects=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return markets.write_panel(tmp_path_factory.mktemp("panel"), ["AAA", "BBB"], days=120)


@pytest.fixture(scope="module")
def panel(folder: Path) -> Panel:
    return Panel.read(folder)


@pytest.fixture
def cache(tmp_path: Path) -> SideCache:
    return SideCache(tmp_path / "sides")


def found_side(panel: Panel, cache: SideCache, question: Question) -> FoundSide:
    """Return a side as a driver with this cache and its worker find it."""
    for known in (cache.known(question), frozenset[str]()):
        if found := cache.take(question, answer(panel, SideTask(question, known))):
            return found
    raise AssertionError("a side that was measured must be taken")


@pytest.mark.parametrize(
    "question",
    [
        QUESTION,
        replace(QUESTION, target="y_level_2d", symbol=None),
        replace(QUESTION, families=()),
        replace(QUESTION, folds=100),
        replace(QUESTION, symbol="ZZZ"),
        replace(QUESTION, families=(FAMILIES["lightgbm"], FAMILIES["logistic"])),
    ],
    ids=["symbol", "classes", "signs only", "too few rows", "missing", "a family fails"],
)
def test_a_side_that_was_measured_before_is_the_same_to_the_last_bit(
    folder: Path, cache: SideCache, question: Question
) -> None:
    panel = Panel.read(folder, symbols=["AAA", "BBB", "ZZZ"])
    measured = measure_side(panel, question)
    found = [found_side(panel, cache, question) for _ in range(2)]
    assert [one.is_reused for one in found] == [False, question.symbol != "ZZZ"]
    assert [one.side for one in found] == [measured] * 2


def test_each_input_leads_to_another_side_and_is_named(panel: Panel, cache: SideCache) -> None:
    found_side(panel, cache, QUESTION)
    other = FAMILIES["lightgbm"].model_copy(update={"parameters": {"n_estimators": 3, "verbosity": -1}})
    for name, changed in {
        "seed": replace(QUESTION, seed=1),
        "folds": replace(QUESTION, folds=4),
        "selects": replace(QUESTION, selects=1),
        "families": replace(QUESTION, families=(other,)),
        "limits": replace(QUESTION, limits=replace(QUESTION.limits, known=0.7)),
    }.items():
        found = found_side(panel, cache, changed)
        assert not found.is_reused
        assert name in found.differing
    assert found_side(panel, cache, QUESTION).is_reused


def test_a_limit_of_rows_is_an_input_where_it_leaves_rows_out(panel: Panel, cache: SideCache) -> None:
    pooled = replace(QUESTION, symbol=None)
    found_side(panel, cache, pooled)
    for question, most, is_reused in ((QUESTION, 10, False), (pooled, 240, True), (pooled, 100, False)):
        found = found_side(panel, cache, replace(question, fit_rows=most))
        assert found.is_reused == is_reused
        if question is pooled:
            assert [*found.differing] == ([] if is_reused else ["fit_rows"])
    assert found_side(panel, cache, replace(QUESTION, fit_rows=5)).is_reused


def test_a_side_is_compared_with_new_earlier_evidence_without_a_new_fit(panel: Panel, cache: SideCache) -> None:
    first = found_side(panel, cache, QUESTION).side
    later = replace(QUESTION, earlier=({name: 1.0 + place for place, name in enumerate(panel.features)},))
    found = found_side(panel, cache, later)
    assert found.is_reused
    assert found.side == measure_side(panel, later)
    assert found.side.snapshots == first.snapshots + 1
    assert found.side.stability != first.stability


def test_of_a_panel_that_grew_only_sides_with_new_rows_are_measured(
    folder: Path, panel: Panel, cache: SideCache, tmp_path: Path
) -> None:
    questions = [replace(QUESTION, symbol=symbol) for symbol in ("AAA", "BBB", None)]
    for question in questions:
        found_side(panel, cache, question)
    (tmp_path / "grown").mkdir()
    for symbol in ("AAA", "BBB"):
        frame = pd.read_parquet(folder / f"{symbol}.parquet")
        if symbol == "BBB":
            last = frame.iloc[-1:].assign(timestamp=frame["timestamp"].iloc[-1] + pd.Timedelta(days=1))
            frame = pd.concat([frame, last])
        frame.to_parquet(tmp_path / "grown" / f"{symbol}.parquet", index=False)
    grown = Panel.read(tmp_path / "grown")
    found = [found_side(grown, cache, question) for question in questions]
    assert [(one.is_reused, [*one.differing]) for one in found] == [(True, []), (False, ["rows"]), (False, ["rows"])]
    assert [one.side for one in found] == [measure_side(grown, question) for question in questions]


def test_a_broken_file_is_measured_again_and_old_ones_are_removed(panel: Panel, cache: SideCache) -> None:
    found = found_side(panel, cache, QUESTION)
    (path,) = cache.folder.glob("*/*.json")
    content = path.read_bytes()
    for broken in (b"", content[:-10], content.replace(b'"scores"', b'"stores"')):
        path.write_bytes(broken)
        again = found_side(panel, cache, QUESTION)
        assert (again.is_reused, again.side) == (False, found.side)
    assert path.read_bytes() == content
    assert cache.clean(len(content)) == 0
    assert cache.clean(len(content) - 1) == len(content)
    assert not found_side(panel, cache, QUESTION).is_reused


def test_a_family_whose_code_has_no_version_is_always_measured(panel: Panel, cache: SideCache, tmp_path: Path) -> None:
    file = tmp_path / "families.yaml"
    file.write_text("families: {own: {estimators: {regression: estimators.Waiting}, prepare: [impute]}}")
    own = load_families(file)["own"].model_copy(update={"parameters": {"folder": str(tmp_path)}})
    (tmp_path / "go").touch()
    for _ in range(2):
        assert not found_side(panel, cache, replace(QUESTION, families=(own,))).is_reused
    assert not cache.folder.exists()


def test_a_measurement_that_was_stopped_goes_on_where_it_stopped(
    panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class StoppedError(Exception):
        pass

    def stop(counts: dict[str, int]) -> None:
        if counts["measured"] == 2:
            raise StoppedError

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(StoppedError):
        measure(panel, workers=1, folds=2, progress=stop)
    stored = len([*side_cache().folder.glob("*/*.json")])
    assert 2 <= stored < 9
    with caplog.at_level(logging.INFO, "planstore.training"):
        evidence = measure(panel, workers=1, folds=2)
    assert f"{stored} of 9 sides were measured before and are reused" in caplog.text
    assert evidence.report == measure(panel, workers=1, folds=2, reuse=False).report


def test_what_is_measured_again_is_said_in_words(
    panel: Panel, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    measure(panel, workers=1, folds=2, symbols=False)
    with caplog.at_level(logging.INFO, "planstore.training"):
        measure(panel, workers=1, folds=2, symbols=False, select=1, seed=1)
    assert (
        "0 of 3 sides were measured before and are reused; measured again: 3 with other seeds, "
        "numbers of selected features" in caplog.text
    )
    caplog.clear()
    settings = {"targets": {name: {"embargo": 2} for name in markets.TARGETS}}
    with caplog.at_level(logging.INFO, "planstore.training"):
        measure(Panel.read(folder, settings=settings), workers=1, folds=2, symbols=False, select=1, seed=1)
    assert "measured again: 3 with other embargoes" in caplog.text
