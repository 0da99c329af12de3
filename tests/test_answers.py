"""Results read as prose, show in notebooks, and are frames where they are tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import markets
import planstore
import samples
from planstore.api.store import Store
from planstore.errors import RequestError
from planstore.pages.answers import Answer, ResultRows, TableAnswer, to_pandas

DIGEST = re.compile(r"[0-9a-f]{64}")
ODD = "<b>y_up_1d"
ANY = ["STABLE", "DRIFTING", "DIVERGED", "UNKNOWN"]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> planstore.Panel:
    folder = tmp_path_factory.mktemp("panel")
    markets.write_panel(folder, ("AAA", "BBB"), 150)
    return planstore.Panel.read(folder, targets=["y_up_1d"])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, panel: planstore.Panel) -> Iterator[Store]:
    """Return a store with a run of sample evidence, and one of a panel that was measured and trained."""
    with planstore.open(tmp_path_factory.mktemp("answers")) as opened:
        opened.route(samples.table([*samples.records(), samples.record(ODD, "S")]), samples.policy(), run_id="first")
        evidence = opened.measure(panel, folds=2, select=0, workers=1)
        policy = samples.policy(
            min_sample_size={"cross_sectional": 10, "symbol": 10},
            cross_sectional={"min_score": 0.3, "strong_score": 0.6},
            symbol={"min_score": 0.3, "strong_score": 0.6},
            stability_allowlist={
                side: ["STABLE", "DRIFTING", "DIVERGED", "UNKNOWN"] for side in ("cross_sectional", "symbol")
            },
        )
        opened.route(evidence.candidates(), policy, ["lightgbm"], run_id="second")
        opened.overrides.set(ODD, "S", "ROUTE_BLOCKED", reason="thin", author="ann")
        yield opened


@pytest.fixture(scope="module")
def answers(store: Store, panel: planstore.Panel) -> dict[str, Any]:
    """Return an answer of every kind."""
    name = store.frame("select min(target) from current_decisions where symbol = 'AAA'").iloc[0, 0]
    return {
        "store": store,
        "run": store.run(),
        "runs": store.runs(),
        "log": store.log(),
        "plan": store.plan(),
        "why": store.why(name, "AAA"),
        "why of an odd name": store.why(ODD, "S", run_id="first"),
        "history": store.history(name, "AAA"),
        "change": store.history(name, "AAA")[0],
        "diff": store.diff("first", "second"),
        "whatif": store.whatif(samples.policy(), runs=["first"]),
        "by run": store.whatif(samples.policy(), runs=["first"]).by_run(),
        "report": store.report(),
        "training": store.train(panel, workers=1, symbols=["AAA"]),
        "evidence": store.measure(panel, folds=2, select=0, workers=1, symbols=False),
        "jobs": store.training.jobs(),
        "why trained": store.training.why_trained(store.training.jobs(status="succeeded")[0]["job_id"]),
        "progress": store.training.progress(),
        "overrides": store.overrides.list(),
        "override": store.overrides.list()[0],
        "verified": store.integrity.verify(),
        "exported": store.export(),
        "panel": panel,
    }


def test_every_answer_reads_as_prose_and_shortens_digests_on_screens(answers: dict[str, Any]) -> None:
    for name, answer in answers.items():
        assert isinstance(answer, Answer), name
        for text in (str(answer), repr(answer), answer._repr_html_()):
            assert not DIGEST.search(text) or name == "report", name
            assert "object at 0x" not in text, name
        first = str(answer).splitlines()[0]
        assert first[0].isalnum() or first.startswith(ODD), (name, first)
        assert "(" not in first or ")" in first, (name, first)
        assert f"{type(answer).__name__}(" not in repr(answer), name
    for name in ("why of an odd name", "overrides", "override"):
        assert ODD in str(answers[name])
        assert ODD not in answers[name]._repr_html_()
        assert "&lt;b&gt;y_up_1d" in answers[name]._repr_html_()
    assert DIGEST.fullmatch(answers["runs"].df()["plan_id"][0])
    assert DIGEST.fullmatch(answers["log"].arrow()["digest"][0].as_py())


def test_every_table_is_the_same_in_arrow_pandas_and_polars(answers: dict[str, Any]) -> None:
    for name, answer in answers.items():
        if isinstance(answer, TableAnswer):
            table = answer.arrow()
            assert table.num_rows == len(answer.records()) == len(answer.df()) == answer.pl().height, name
            assert table.column_names == list(answer.df().columns) == answer.pl().columns, name
            assert (table.num_rows > 0) or name in ("verified", "whatif", "by run", "why trained"), name


def test_prose_says_what_a_reader_asks_first(answers: dict[str, Any]) -> None:
    found = {name: str(answer) for name, answer in answers.items()}
    assert found["store"].endswith("2 runs, newest second")
    assert found["runs"].splitlines()[1].split()[:4] == ["run_id", "commit_id", "started_at", "policy"]
    assert found["run"].startswith("Run second, commit 3: ")
    assert "Decided by rule" in found["why"]
    assert "is the first to hold a candidate of it" in found["history"].splitlines()[2]
    assert "is the first to hold a candidate of it" in answers["history"]._repr_html_()
    assert "The nearest change that would have flipped it:" in found["why"]
    assert re.fullmatch(r"The store holds: \d+ commits verified, no findings.", found["verified"])
    assert found["override"] == f"{ODD} on S is pinned to ROUTE_BLOCKED by ann until it is cleared: thin"
    assert re.match(r"Panel of 300 rows: 2 symbols, \d+ features, \d+ targets?", found["panel"])
    assert re.match(r"first → second: \d+ pairs? and \d+ targets? flipped; jobs: ", found["diff"])


def test_a_store_that_is_not_there_says_so_and_is_not_made(tmp_path: Path) -> None:
    store = planstore.open(tmp_path / "none")
    assert "none there yet" in str(store)
    assert not (tmp_path / "none").exists()


def test_the_past_has_its_own_runs_and_neither_measures_nor_trains(store: Store, panel: planstore.Panel) -> None:
    with store.at(1) as past:
        assert [run["run_id"] for run in past.runs()] == ["first"]
        assert "as of commit 1: 1 run" in str(past)
        for work in (past.measure, past.train):
            with pytest.raises(RequestError, match="works on the store as it is now"):
                work(panel)


def test_measuring_records_its_evidence_and_training_takes_the_selected_jobs(
    store: Store, answers: dict[str, Any]
) -> None:
    assert answers["training"].progress == {"succeeded": 2}
    assert len(list(store.evidence.reports())) >= 1
    statuses = {job["symbol"]: job["status"] for job in store.training.jobs()}
    assert statuses["AAA"] == "succeeded"
    assert statuses["BBB"] == "planned"


def test_frames_of_queries_have_the_types_of_pandas_and_no_warning(store: Store) -> None:
    query = (
        "select sum(x)::hugeint as total, sum(x)::decimal(18, 2) as paid, date '2020-01-01' as day from range(3) t(x)"
    )
    frame = store.frame(query)
    assert [str(frame.dtypes[name]) for name in ("total", "paid")] == ["float64", "float64"]
    assert pd.api.types.is_datetime64_any_dtype(frame["day"])
    rows = store.sql(query)
    assert list(frame.itertuples(index=False)) == list(rows.df().itertuples(index=False))
    assert rows.arrow().num_rows == 1
    assert rows.columns == ["total", "paid", "day"]
    assert store.sql("select 1 as one").fetchall() == [(1,)]
    assert store.frame("select $x as x", x=3)["x"].tolist() == [3]
    assert ">3</td>" in store.sql("select $x as x", {"x": 3})._repr_html_()
    assert "│" in str(store.sql("select 1 as one"))


def test_rows_are_a_list_and_show_the_first_rows() -> None:
    items = [{"name": f"n{i}", "score": i / 3, "id": "a" * 64, "extra": {}} for i in range(12)]
    rows = ResultRows(items, "12 rows", ("name", "score", "id"))
    assert rows[0]["id"] == "a" * 64
    assert isinstance(rows, list)
    lines = str(rows).splitlines()
    assert lines[:3] == ["12 rows", "name    score  id", f"n0    0.00000  {'a' * 12}"]
    assert lines[-1] == "… and 2 more"
    assert rows.arrow()["extra"].null_count == 12
    mixed = ResultRows([{"value": 1}, {"value": "one"}, {"value": None}], "mixed")
    assert mixed.arrow()["value"].to_pylist() == ["1", "one", None]
    assert ResultRows([], "no rows", ("name",)).df().columns.tolist() == ["name"]


def test_decimals_become_doubles() -> None:
    assert to_pandas(pa.table({"x": [Decimal("1.5")]}))["x"].tolist() == [1.5]


def test_every_public_result_is_an_answer() -> None:
    others = {"StatusWriter", "JobStatus", "QueryRows", "LeakageLimits", "Ranked", "Sample", "Target"}
    results = {
        name: value
        for name in planstore.__all__
        if isinstance(value := getattr(planstore, name), type) and not issubclass(value, Exception)
    }
    assert {name for name, value in results.items() if not issubclass(value, Answer)} == others
