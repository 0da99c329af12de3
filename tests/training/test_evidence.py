"""Evidence of whole panels: honest on noise, blind to the future, the same every time, not stopped by one target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import planstore
from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.errors import RequestError
from planstore.events.vocabulary import LeakageStatus, Stability
from planstore.routing.policy_defaults import DEFAULT_POLICY
from planstore.routing.policy_reader import read_policy
from planstore.routing.policy_sections import Allowlist, SampleSizes
from planstore.training.evidence.evidence_store import earlier_evidence, keep_evidence
from planstore.training.evidence.leakage import LeakageLimits, Sign, other_side_signs
from planstore.training.evidence.measure import PanelEvidence, measure
from planstore.training.evidence.ranking import rank
from planstore.training.evidence.side import MeasuredSide, Question, measure_side
from planstore.training.families import load_families
from planstore.training.panel.panel import Panel

LIGHTGBM = (load_families()["lightgbm"],)


def write(path: Path, days: int, symbols: Mapping[str, np.random.Generator], targets: Mapping[str, object]) -> Path:
    """Write a long panel: four features that wander, and targets made of them and of chance."""
    frames = []
    for symbol, chance in symbols.items():
        features = {f"f{number}": chance.normal(size=days) for number in range(3)}
        features["slow"] = np.cumsum(chance.normal(size=days))
        frame = pd.DataFrame({"date": pd.bdate_range("2010-01-01", periods=days), "symbol": symbol} | features)
        for name, make in targets.items():
            frame[name] = make(frame, chance) if callable(make) else make
        frames.append(frame)
    pd.concat(frames).to_parquet(path, index=False)
    return path


def learnable(frame: pd.DataFrame, chance: np.random.Generator) -> pd.Series:
    return (frame["f0"] + chance.normal(size=len(frame)) > 0).astype(float)


def returns(frame: pd.DataFrame, chance: np.random.Generator) -> pd.Series:
    return 0.7 * frame["f1"] ** 2 + chance.normal(size=len(frame))


def noise(frame: pd.DataFrame, chance: np.random.Generator) -> pd.Series:
    """Five days' sum of what nothing tells: such labels follow each other, as real ones do."""
    return pd.Series(chance.normal(size=len(frame))).rolling(5).sum().shift(-5)


def chances(*names: str) -> dict[str, np.random.Generator]:
    return {name: np.random.default_rng(place) for place, name in enumerate(names)}


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """Return a small panel with a class and a value that can be learned."""
    path = tmp_path_factory.mktemp("panel") / "long.parquet"
    return Panel.read(write(path, 700, chances("A", "B"), {"y_up_1d": learnable, "fwd_ret_1d": returns}))


@pytest.fixture(scope="module")
def evidence(panel: Panel) -> PanelEvidence:
    return measure(panel, workers=1)


def test_limits_of_leakage_are_options_that_the_settings_record(tmp_path: Path) -> None:
    path = write(tmp_path / "long.parquet", 150, chances("A", "B"), {"y_up_1d": learnable})
    words = ["evidence", str(path), "--results", str(tmp_path / "results"), "--pooled", "--workers", "1", "--json",
             "--select", "0", "--leakage-limit", "auc=0.51,0.52", "--leakage-limit", "known=0.5"]  # fmt: skip
    told = json.loads(CliRunner().invoke(app, words).stdout)
    assert told["targets"][0]["leakage"] == "BLOCKED"
    assert told["settings"]["limits"] == asdict(LeakageLimits(auc=(0.51, 0.52), known=0.5)) | {
        name: list(value) for name, value in asdict(LeakageLimits(auc=(0.51, 0.52))).items() if name != "known"
    }
    for option, said in (
        ("single=high", "--leakage-limit must be NAME=SUSPECT,BLOCKED, got single=high"),
        ("r2=0.9,0.8", "the leakage limit r2 must be two numbers"),
        ("auc=0.8,0.9", "--leakage-limit must be given once for auc"),
    ):
        refused = CliRunner().invoke(app, [*words, "--leakage-limit", option]).exception
        assert isinstance(refused, RequestError)
        assert str(refused).startswith(said), option


def test_a_score_of_several_seeds_is_their_mean(panel: Panel) -> None:
    one, two, both = (
        measure_side(panel, Question("y_up_1d", "A", LIGHTGBM, seed=seed, seeds=seeds))
        for seed, seeds in ((7, 1), (8, 1), (7, 2))
    )
    assert one.scores != two.scores
    assert both.scores == pytest.approx(np.mean([one.scores, two.scores], axis=0), abs=1e-6)
    assert both.null is not None
    assert both.null.score == pytest.approx((one.null_score + two.null_score) / 2, abs=1e-6)  # type: ignore[operator]
    assert (both.snapshot, both.signs) == (one.snapshot, one.signs)


def test_a_side_whose_classes_are_too_rare_says_how_many_rows_are_asked_for(tmp_path: Path) -> None:
    def rare(frame: pd.DataFrame, _: np.random.Generator) -> pd.Series:
        return (frame["f0"] > 2) * 1.0 + (frame["f0"] < -2) * 2.0

    (measured,) = measure(
        Panel.read(write(tmp_path / "long.parquet", 400, chances("A"), {"y_rare": rare})), workers=1
    ).sides
    assert measured.task_type == "MULTICLASS_CLASSIFICATION"
    assert measured.score is None
    assert measured.reason == (
        "no fold has two classes to learn and two to be scored on, of several with 10 rows of one and of the others"
    )


def side(evidence: PanelEvidence, target: str, symbol: str | None = None) -> MeasuredSide:
    (found,) = (side for side in evidence.sides if (side.target, side.symbol) == (target, symbol))
    return found


def test_what_can_be_learned_is_found_and_beats_its_null(evidence: PanelEvidence) -> None:
    assert [(one.target, one.symbol) for one in evidence.sides] == [
        (target, symbol) for target in ("y_up_1d", "fwd_ret_1d") for symbol in (None, "A", "B")
    ]
    up, ret = side(evidence, "y_up_1d"), side(evidence, "fwd_ret_1d")
    assert 0.7 < (up.score or 0) < 0.85
    assert 0.3 < (ret.score or 0) < 0.7
    assert up.null is not None
    assert ret.null is not None
    assert abs(up.null.score - 0.5) < 0.01
    assert ret.null.score < 0
    assert up.null.p_value is not None
    assert ret.null.p_value is not None
    assert max(up.null.p_value, ret.null.p_value) < 1e-6
    assert 100 < up.null.effective_samples < 600
    assert (up.sample_size, len(up.scores), up.leakage, up.snapshots) == (1400, 5, "SAFE", 5)
    assert evidence.selected("y_up_1d")[0] == "f0"
    assert evidence.selected("fwd_ret_1d")[0] == "f1"
    assert evidence.troubles == []


def test_candidates_are_routed_as_they_are(evidence: PanelEvidence, store: Store, tmp_path: Path) -> None:
    rows = {(row["target"], row["symbol"]): row for row in evidence.candidates().to_pylist()}
    up = rows["y_up_1d", "A"]
    assert (up["mode"], up["metric_name"], up["model_status"], up["stability"]) == (
        "SYMBOL_SPECIFIC", "auc", "OK", "UNKNOWN",
    )  # fmt: skip
    assert up["score_ci_low"] < up["score"] < up["score_ci_high"]
    assert up["evidence_as_of"].isoformat() == "2012-09-06T00:00:00+00:00"
    evidence.write_candidates(tmp_path / "candidates.parquet")
    small = {
        "min_sample_size": SampleSizes(cross_sectional=1000, symbol=500),
        "stability_allowlist": Allowlist(cross_sectional=list(Stability), symbol=list(Stability)),
    }
    policy = read_policy(DEFAULT_POLICY)[0].model_copy(update=small)
    run = store.route(tmp_path / "candidates.parquet", policy)
    assert run.routes == {"ROUTE_BOTH": 4}
    assert store.sql("select count(null_score) from candidates").fetchall() == [(6,)]
    store.export()
    kept = pq.read_table(store.results / "METRICS" / "routing_candidates.parquet")
    assert sorted(kept["null_score"].to_pylist()) == sorted(row["null_score"] for row in rows.values())


def test_the_same_panel_and_seed_give_the_same_evidence_on_any_number_of_workers(
    panel: Panel, evidence: PanelEvidence
) -> None:
    told: list[dict[str, int]] = []
    again = measure(panel, workers=2, progress=lambda counted: told.append(dict(counted)))
    assert again.candidates().equals(evidence.candidates())
    assert again.as_dict() == evidence.as_dict()
    assert told[-1] == {"measured": 6, "planned": 0}
    assert not measure(panel, workers=1, seed=1).candidates().equals(evidence.candidates())


def test_what_comes_later_changes_no_score_importance_or_selection_of_before(panel: Panel, tmp_path: Path) -> None:
    table = panel.sample("y_up_1d")
    frame = table.features.assign(timestamp=table.timestamps, symbol=table.symbols, y_up_1d=table.labels)
    moments = np.unique(table.timestamps)
    later = frame["timestamp"] >= moments[-(len(moments) // 6)]
    chance = np.random.default_rng(5)
    for name in ("f0", "f1", "f2", "slow"):
        frame.loc[later, name] = chance.normal(size=later.sum()) * 100
    frame.loc[later, "y_up_1d"] = chance.permutation(frame.loc[later, "y_up_1d"])
    frame.to_parquet(tmp_path / "garbled.parquet", index=False)
    garbled = Panel.read(tmp_path / "garbled.parquet")
    for symbol in (None, "A"):
        question = Question("y_up_1d", symbol, LIGHTGBM, selects=3)
        before, after = measure_side(panel, question), measure_side(garbled, question)
        assert before.scores[:4] == after.scores[:4]
        assert before.scores[4] != after.scores[4]
        assert (before.snapshot, before.selected) == (after.snapshot, after.selected)


def test_a_planted_feature_that_knows_the_future_is_blocked_and_nothing_is_routed(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "long.parquet", 700, chances("A", "B"), {"fwd_ret_1d": returns, "y_up_1d": learnable})
    frame = pd.read_parquet(path)
    frame["oracle"] = frame["fwd_ret_1d"] + 0.1 * np.random.default_rng(3).normal(size=len(frame))
    frame.to_parquet(path, index=False)
    found = measure(Panel.read(path), workers=1)
    assert {one.leakage for one in found.sides if one.target == "fwd_ret_1d"} == {"BLOCKED"}
    assert {sign.feature for sign in side(found, "fwd_ret_1d").signs} == {None, "oracle"}
    assert [one.target for one in found.ranking()] == ["y_up_1d", "fwd_ret_1d"]
    store.route(found.candidates(), DEFAULT_POLICY)
    assert store.why("fwd_ret_1d", "A").route == "ROUTE_BLOCKED"
    _check_that_the_other_target_is_suspect_by_name(found, store)
    _check_that_targets_that_were_not_asked_for_tell_it_as_well(found, path)


def _check_that_the_other_target_is_suspect_by_name(found: PanelEvidence, store: Store) -> None:
    for symbol in (None, "A", "B"):
        other = side(found, "y_up_1d", symbol)
        (sign,) = other.signs
        assert (other.leakage, sign.sign, sign.feature, sign.of) == (
            "SUSPECT", "OTHER_SIDE", "oracle", "fwd_ret_1d",
        )  # fmt: skip
    assert "SUSPECT by OTHER_SIDE oracle: " in found.ranking()[0].signs[0]
    assert " for fwd_ret_1d, the limit is " in found.ranking()[0].signs[0]
    told = store.why("y_up_1d")
    assert (told.route, [row["leakage_status"] for row in told.evidence]) == ("DISABLED", ["SUSPECT"])
    assert "SAFE_FEATURES" in {check["check"] for check in told.checks if not check["passed"]}


def _check_that_targets_that_were_not_asked_for_tell_it_as_well(found: PanelEvidence, path: Path) -> None:
    alone = measure(Panel.read(path, targets=["y_up_1d"]), workers=1, symbols=False)
    (only,) = alone.sides
    assert [(one.sign, one.feature, one.of, one.status) for one in only.signs] == [
        ("OTHER_SIDE", "oracle", "fwd_ret_1d", "SUSPECT")
    ]
    assert only.scores == side(found, "y_up_1d").scores


def test_a_ranking_has_the_sign_of_another_side_only_where_the_target_has_no_other(evidence: PanelEvidence) -> None:
    measured = Sign("RETURN_CORRELATION", "f0", 0.22, 0.2, LeakageStatus.SUSPECT)
    own = replace(side(evidence, "fwd_ret_1d"), signs=(measured,))
    for target, signs in (("fwd_ret_1d", [measured]), ("y_up_1d", [])):
        shared = other_side_signs([("fwd_ret_1d", own.signs)]).values()
        sides = [replace(side(evidence, target, symbol), signs=tuple(shared)) for symbol in ("A", "B")]
        pooled = own if signs else side(evidence, target)
        assert rank([pooled, *sides])[0].signs == [str(sign) for sign in signs or shared]


def test_knowing_which_symbol_is_wild_does_not_beat_the_null(store: Store, tmp_path: Path) -> None:
    names = [f"S{number}" for number in range(6)]

    def wild(frame: pd.DataFrame, chance: np.random.Generator) -> np.ndarray:
        rate = 0.15 + 0.13 * int(frame["symbol"].iloc[0][1:])
        return (chance.random(len(frame)) < rate).astype(float)

    def level(frame: pd.DataFrame, chance: np.random.Generator) -> pd.Series:
        return int(frame["symbol"].iloc[0][1:]) + 0.2 * frame["f0"]

    path = write(tmp_path / "long.parquet", 900, chances(*names), {"vol": level, "y_swing_1d": wild})
    found = measure(Panel.read(path), workers=1, symbols=False)
    pooled = side(found, "y_swing_1d")
    assert (pooled.score or 0) > 0.66
    assert abs((pooled.score or 0) - (pooled.null_score or 0)) < 0.02
    store.route(found.candidates(), DEFAULT_POLICY)
    assert store.sql("select cs_state from decisions").fetchall() == [("DISALLOWED",)]


def test_noise_is_not_routed_as_strong(store: Store, tmp_path: Path) -> None:
    targets = {
        f"y_noise_{number}_5d": lambda f, c: (noise(f, c) > 0).where(noise(f, c).notna()) for number in range(12)
    }
    targets |= {f"fwd_ret_{number}_5d": noise for number in range(12)}
    panel = Panel.read(write(tmp_path / "A.parquet", 1300, chances("A"), targets))
    store.route(measure(panel, workers=1, folds=3, select=0).candidates(), DEFAULT_POLICY)
    states = dict(store.sql("select local_state, count(*) from decisions where symbol = 'A' group by all").fetchall())
    assert states.get("STRONG", 0) + states.get("WEAK_BUT_OK", 0) == 0
    assert sum(states.values()) == 24


def test_what_cannot_be_measured_says_why_and_the_rest_goes_on(store: Store, tmp_path: Path) -> None:
    def short(frame: pd.DataFrame, _chance: np.random.Generator) -> pd.Series:
        return frame["f0"].where(frame.index < (4 if frame["symbol"].iloc[0] == "A" else 400))

    targets = {"y_up_1d": learnable, "y_one_1d": 1.0, "y_none_1d": np.nan, "fwd_ret_1d": short, "y_text_1d": "up"}
    path = write(tmp_path / "long.parquet", 400, chances("A", "B"), targets)
    families = tmp_path / "families.yaml"
    families.write_text("families: {raising: {estimators: {classification: estimators.Raising}}}", encoding="utf-8")
    panel = Panel.read(path, symbols=["A", "B", "GONE"])
    found = measure(panel, workers=1, families=["lightgbm", "raising"], families_file=families)
    reasons = {(one.target, one.symbol): one.reason for one in found.sides if one.reason}
    expected: dict[tuple[str, str | None], str] = {
        **{("y_one_1d", symbol): "all labels are the same" for symbol in (None, "A", "B")},
        **{("y_none_1d", symbol): "no row has a label" for symbol in (None, "A", "B")},
        ("fwd_ret_1d", "A"): "4 timestamps are too few for 5 folds over labels that look 1 of them ahead",
        **{(target.name, "GONE"): "there are no rows of it" for target in panel.targets},
    }
    assert reasons == expected
    assert side(found, "y_up_1d").failed == {"raising": "ValueError: this one never learns"}
    assert side(found, "fwd_ret_1d", "B").failed == {
        "raising": "FamilyMissingError: family raising does not train REGRESSION"
    }
    assert "target y_text_1d is left out: it holds text, not numbers" in found.troubles
    assert "y_none_1d on all symbols, A, B: no row has a label" in found.troubles
    run = store.route(found.candidates(), DEFAULT_POLICY)
    assert run.routes == {"ROUTE_BLOCKED": 12}
    rows = found.candidates().to_pylist()
    assert {row["model_status"] for row in rows if row["score"] is None} == {"FAILED"}
    assert {tuple(row["failed_model_families"]) for row in rows if row["target"] == "y_up_1d"} == {("raising",), ()}


def test_a_side_whose_workers_die_is_tried_again_and_then_said(
    panel: Panel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    families = tmp_path / "families.yaml"
    families.write_text("families: {dying: {estimators: {regression: estimators.Dying}}}", encoding="utf-8")
    with pytest.raises(planstore.WorkerDiedError, match="3 workers died while they measured one side"):
        measure(panel, workers=1, families=["dying"], families_file=families)
    died = [
        f"fwd_ret_1d on all symbols, attempt {number}: its worker process died; it is tried again" for number in (1, 2)
    ]
    assert [record.getMessage() for record in caplog.records if "attempt" in record.getMessage()] == died


def test_classes_may_be_many_and_a_panel_of_one_symbol_has_no_pooled_side(tmp_path: Path) -> None:
    def three(frame: pd.DataFrame, chance: np.random.Generator) -> pd.Series:
        blurred = frame["f0"] + 0.3 * chance.normal(size=len(frame))
        return 10.0 * ((blurred > -0.5).astype(int) + (blurred > 0.5))

    found = measure(Panel.read(write(tmp_path / "A.parquet", 500, chances("A"), {"y_level_1d": three})), workers=1)
    assert [one.symbol for one in found.sides] == ["A"]
    assert found.sides[0].task_type == "MULTICLASS_CLASSIFICATION"
    assert (found.sides[0].score or 0) > 0.8
    assert found.selected("y_level_1d")[0] == "f0"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"folds": 1}, "folds must be at least 2, got 1"),
        ({"workers": 0}, "workers must be at least 1, got 0"),
        ({"max_fit_rows": 0}, "max_fit_rows must be at least 1, got 0"),
        ({"executor": "cloud"}, "executor must be local or ray, got 'cloud'"),
        ({"ray_address": "somewhere:1"}, "ray_address must be without executor local"),
        ({"families": ["lightgbm", "nonsense"]}, "got 'nonsense': there are"),
        ({"families": []}, "families must be at least one, got none"),
    ],
)
def test_a_wrong_argument_is_refused(panel: Panel, wrong: dict[str, object], said: str) -> None:
    with pytest.raises(planstore.RequestError, match=said):
        measure(panel, **wrong)  # type: ignore[arg-type]


def test_evidence_is_kept_once_and_later_runs_measure_stability_against_it(
    panel: Panel, evidence: PanelEvidence, store: Store
) -> None:
    digest = keep_evidence(store, evidence)
    assert keep_evidence(store, evidence) == digest
    run = store.route(evidence.candidates(), DEFAULT_POLICY)
    assert store.sql("select digest, belongs_to from artifacts where name = 'evidence'").fetchall() == [
        (digest, run.evidence_id)
    ]
    assert [commit["kind"] for commit in store.log()] == ["run", "evidence"]
    assert earlier_evidence(store, panel.last_timestamp) == {}
    later = earlier_evidence(store, panel.last_timestamp + pd.Timedelta(days=1))
    assert later["y_up_1d", "A"] == [side(evidence, "y_up_1d", "A").snapshot]
    again = measure_side(panel, Question("y_up_1d", "A", LIGHTGBM, earlier=tuple(later["y_up_1d", "A"])))
    assert again.snapshots == 6
    assert again.stability != side(evidence, "y_up_1d", "A").stability
    assert again.scores == side(evidence, "y_up_1d", "A").scores
    assert store.integrity.verify().holds
