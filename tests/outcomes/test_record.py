"""Outcomes of other systems: recorded once, beside the run that promised them, or refused whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

import planstore
import samples
from planstore import NotFoundError, OutcomesError, RequestError
from planstore.api.store import Store
from planstore.cli.verbs import app

TARGET = "y_up_01_10m"
ROW = {
    "run_id": "a",
    "target": TARGET,
    "symbol": "SYM00",
    "score": 0.6,
    "null_score": 0.5,
    "sample_size": 250,
    "first_timestamp": "2025-01-02",
    "last_timestamp": "2025-12-31",
}


def outcomes(*rows: Mapping[str, Any]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.Table.from_pylist([dict.fromkeys(names) | dict(row) for row in rows])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with a run whose evidence ends in 2024, and one whose candidates do not say when theirs ends."""
    with planstore.open(tmp_path_factory.mktemp("outcomes") / "results") as store:
        rows = [row | {"evidence_as_of": "2024-12-31T00:00:00Z"} for row in samples.records(2, 2)]
        store.route(pa.Table.from_pylist(rows), samples.policy(), run_id="a")
        store.route(samples.table(samples.records(2, 2)), samples.policy(), run_id="b")
        yield store


def test_an_outcome_stands_beside_its_promise_wherever_the_store_goes(store: Store, tmp_path: Path) -> None:
    rows = [row | {"evidence_as_of": "2024-12-31T00:00:00Z"} for row in samples.records(2, 2)]
    store.route(pa.Table.from_pylist(rows), samples.policy(), run_id="a")
    before = store.access.ledger.last_commit()
    pooled = ROW | {"symbol": None, "score": 0.1 + 0.2}
    made = store.record_outcomes(outcomes(ROW, pooled, ROW | {"mode": "CROSS_SECTIONAL", "score": 0.9}))
    assert (made.commit_id, made.recorded, made.known, made.runs) == (before + 1, 3, 0, ["a"])
    again = store.record_outcomes(outcomes(ROW, ROW | {"symbol": "SYM01"}))
    assert (again.recorded, again.known) == (1, 1)
    assert store.record_outcomes(outcomes(pooled)).commit_id is None
    calibration = store.sql('select side, outcomes, realized, share_above_null, "year" from calibration order by side')
    assert calibration.fetchall() == [("cross_sectional", 1, 0.1 + 0.2, 0.0, 2025), ("symbol", 2, 0.6, 1.0, 2025)]
    assert [one["realized"] for one in store.outcomes(run_id="a")] == [0.1 + 0.2, 0.9, 0.6, 0.6]
    assert store.sql("select distinct learned_until::text from outcomes").fetchall() == [("2024-12-31 00:00:00+00",)]
    assert len(store.at(before).outcomes()) == 0
    assert [commit["kind"] for commit in store.log(kind="outcomes")] == ["outcomes", "outcomes"]
    assert store.sql("select count(*) from history where type = 'outcome' and run_id = 'a'").fetchall() == [(4,)]
    anchor = store.integrity.anchor()
    assert store.maintenance.compact(grace=timedelta(0)).files_after > 0
    copied = tmp_path / "copied"
    assert CliRunner().invoke(app, ["copy", str(store.results), str(copied)]).exit_code == 0
    with planstore.open(copied, create=False) as other:
        verified = other.integrity.verify(anchor)
        assert ([str(finding) for finding in verified.findings], verified.anchor) == ([], anchor)
        assert other.outcomes().records() == store.outcomes().records()


SEEN = "must be later than 2024-12-31T00:00:00.000000Z, the newest data that evidence and model have seen, got"
REFUSED: Mapping[str, tuple[dict[str, Any], str]] = {
    "an AUC above 1": ({"score": 1.5}, "score must be a number from 0 to 1, got 1.5"),
    "no score": ({"score": float("nan")}, "score must be a number, got nothing"),
    "an R²": ({"metric_name": "r2"}, "metric_name must be 'auc', the metric of the evidence, got 'r2'"),
    "a null that is no AUC": ({"null_score": -0.1}, "null_score must be a number from 0 to 1, got -0.1"),
    "a negative spread": ({"null_sd": -0.1}, "null_sd must be a number 0 or more, got -0.1"),
    "a p-value above 1": ({"p_value": 1.01}, "p_value must be a number from 0 to 1, got 1.01"),
    "no rows": ({"sample_size": 0}, "sample_size must be a whole number from 1"),
    "an end before its begin": ({"last_timestamp": "2025-01-01"}, "last_timestamp must be 2025-01-02"),
    "rows that the evidence has seen": ({"first_timestamp": "2024-12-31"}, f"{SEEN} 2024-12-31T00"),
    "rows that the model has seen": (
        {"learned_until": "2025-03-01"},
        "must be later than 2025-03-01T00:00:00.000000Z, the newest data that evidence and model have seen",
    ),
    "a run that is not there": ({"run_id": "zzz"}, "run_id must be a run of this store, got 'zzz'"),
    "a side that was not decided": ({"symbol": "SYM09"}, "must be a side on which run a decided, got 'y_up_01_10m' on"),
    "both models on all symbols": ({"symbol": None, "mode": "BOTH"}, "symbol must be given where mode is BOTH"),
    "another mode": ({"mode": "both"}, "mode must be one of CROSS_SECTIONAL, SYMBOL_SPECIFIC, BOTH, got 'both'"),
    "a job that is not there": ({"job_id": "sym"}, "job_id must be the job of the scored model in plan"),
    "a job of another side": ({"job_id": "cs_y_up_02_20m"}, "got 'cs_y_up_02_20m', y_up_02_20m: correct it"),
    "a model that is no digest": ({"model": "lightgbm"}, "model must be a SHA-256"),
    "an unknown end of the evidence": ({"run_id": "b"}, "learned_until must be given, because no candidate of this"),
}


UNREADABLE: Mapping[str, tuple[dict[str, Any], str]] = {
    "a time that is none": ({"first_timestamp": "soon"}, "row 2, column first_timestamp: 'soon' does not fit"),
    "a column that is none": ({"learnt_until": "2025-01-01"}, "the columns of outcomes must be among run_id, target"),
}


def test_every_bad_row_is_named_and_refuses_all_of_them(kept: Store) -> None:
    before = kept.access.ledger.last_commit()
    with pytest.raises(OutcomesError) as refused:
        kept.record_outcomes(outcomes(ROW | {"symbol": "SYM01"}, *(ROW | change for change, _ in REFUSED.values())))
    lines = str(refused.value).splitlines()
    assert len(lines) == 1 + len(REFUSED)
    for number, (line, (_, message)) in enumerate(zip(lines[1:], REFUSED.values(), strict=True), 2):
        assert line.startswith(f"  row {number}: ")
        assert message in line
    with pytest.raises(OutcomesError, match="and 10 more problems: mend these first"):
        kept.record_outcomes(outcomes(*[ROW | {"score": 2.0}] * 30))
    for change, message in UNREADABLE.values():
        with pytest.raises(OutcomesError) as refused:
            kept.record_outcomes(outcomes(ROW | {"symbol": "SYM01"}, ROW | change))
        assert message in str(refused.value)
    assert (kept.access.ledger.last_commit(), len(kept.outcomes())) == (before, 0)


def test_evidence_without_an_end_is_judged_by_the_stated_one(kept: Store) -> None:
    stated = ROW | {"run_id": "b", "learned_until": "2025-01-01"}
    assert kept.record_outcomes(outcomes(stated)).recorded == 1
    with pytest.raises(OutcomesError, match="first_timestamp must be later than 2025-01-02"):
        kept.record_outcomes(outcomes(stated | {"learned_until": "2025-01-02"}))


def test_an_outcome_that_is_recorded_never_changes(kept: Store) -> None:
    with pytest.raises(OutcomesError, match=r"row 2: .* must be given once, got it on row 1 too"):
        kept.record_outcomes(outcomes(ROW, ROW))
    kept.record_outcomes(outcomes(ROW))
    with pytest.raises(OutcomesError, match=r"of run a is recorded with other values, score 0.6, got 0.61"):
        kept.record_outcomes(outcomes(ROW | {"score": 0.61}))
    with pytest.raises(RequestError, match="works on the store as it is now"):
        kept.at(1).record_outcomes(outcomes(ROW))
    with pytest.raises(NotFoundError):
        kept.record_outcomes(outcomes({name: ROW[name] for name in ROW if name != "run_id"}), run_id="zzz")


def test_a_file_is_recorded_and_listed_from_the_command_line(store: Store, tmp_path: Path) -> None:
    rows = [row | {"evidence_as_of": "2024-12-31T00:00:00Z"} for row in samples.records(1, 2)]
    store.route(pa.Table.from_pylist(rows), samples.policy(), run_id="a")
    results, runner = str(store.results), CliRunner()
    bare = {name: value for name, value in ROW.items() if name != "run_id"}
    with (tmp_path / "outcomes.csv").open("w", newline="") as file:
        written = csv.DictWriter(file, bare)
        written.writeheader()
        written.writerows([bare, bare | {"symbol": "SYM01"}])
    (tmp_path / "outcomes.json").write_text(json.dumps([ROW, ROW | {"symbol": None}]))
    by_csv = runner.invoke(
        app, ["outcomes", "record", str(tmp_path / "outcomes.csv"), "--run", "a", "--results", results]
    )
    assert (by_csv.exit_code, by_csv.stdout) == (0, "Recorded 2 outcomes of 1 run in commit 2.\n")
    by_json = ["outcomes", "record", str(tmp_path / "outcomes.json"), "--results", results, "--json"]
    assert json.loads(runner.invoke(app, by_json).stdout) == {"commit_id": 3, "recorded": 1, "known": 1, "runs": ["a"]}
    store.route(samples.table(samples.records(1, 1)), samples.policy(), run_id="newer, without an outcome")
    listed = json.loads(runner.invoke(app, ["outcomes", "--results", results, "--json"]).stdout)
    assert [(one["symbol"], one["realized"]) for one in listed] == [(None, 0.6), ("SYM00", 0.6), ("SYM01", 0.6)]
    assert "SYMBOL_SPECIFIC" in runner.invoke(app, ["outcomes", "--results", results]).stdout
    (tmp_path / "outcomes.json").write_text("[]")
    with pytest.raises(OutcomesError, match="is empty: there is nothing to record"):
        store.record_outcomes(tmp_path / "outcomes.json")


def test_why_shows_the_interval_that_earlier_outcomes_kept_to(store: Store) -> None:
    symbols = [f"SYM{place:02}" for place in range(11)]
    rows = [samples.record(TARGET, symbol, 0.6, evidence_as_of="2024-12-31T00:00:00Z") for symbol in symbols]
    store.route(pa.Table.from_pylist(rows), samples.policy(), run_id="a")
    came_true = [ROW | {"symbol": symbol, "score": 0.6 + place / 100} for place, symbol in enumerate(symbols[:8])]
    store.record_outcomes(outcomes(*came_true))
    later = [row | {"evidence_as_of": "2026-01-31T00:00:00Z"} for row in rows]
    store.route(pa.Table.from_pylist(later), samples.policy(), run_id="b")
    assert store.why(TARGET, "SYM10", run_id="b").forecasts == {}
    store.record_outcomes(outcomes(ROW | {"symbol": "SYM08", "score": 0.35}))
    assert store.why(TARGET, "SYM10", run_id="a").forecasts == {}
    found = store.why(TARGET, "SYM10", run_id="b")
    store.route(pa.Table.from_pylist(rows), samples.policy(), run_id="a again")
    assert store.why(TARGET, "SYM10", run_id="a again").forecasts == {}  # because nothing had come true by its evidence
    assert found.forecasts == {"symbol": {"low": 0.6 - 0.25, "high": 0.6 + 0.25, "outcomes": 9}}
    assert "nine in ten later symbol scores lie from 0.350 to 0.850, by 9 outcomes of earlier runs" in str(found)
