"""Refused candidates and policies, with their errors; accepted ones mean the same in any form."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import planstore
import samples
from planstore import CandidatesError, CandidatesWarning, PanelEvidence, PolicyError, RequestError
from planstore.api.store import Store
from planstore.ledger.embedded.artifacts import Artifacts
from planstore.ledger.marker import FORMAT
from planstore.routing.policy_reader import read_policy

ROWS = samples.records(2, 2)


def changed(row: int, **values: Any) -> list[dict[str, Any]]:
    rows = [dict(one) for one in ROWS]
    rows[row - 1] |= values
    return rows


def refuse(
    tmp_path: Path, candidates: Any, policy: Any = None, error: type[Exception] = CandidatesError, **more: Any
) -> str:
    """Return the words with which a route is refused; nothing may have been written."""
    store = planstore.open(tmp_path / "results")
    with pytest.raises(error) as refused:
        store.route(candidates, policy or samples.policy(), **more)
    assert not (tmp_path / "results").exists()
    return str(refused.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"target": None}, "column target: (empty) is no name"),
        ({"target": ""}, "column target: '' is no name"),
        ({"target": "x" * 1_000_000}, "... has 1000000 characters; a name has at most 1000"),
        ({"target": "a\x00b"}, "column target: 'a\\x00b' holds a control character"),
        ({"symbol": "a\x1bb"}, "column symbol: 'a\\x1bb' holds a control character"),
        ({"feature_set_id": "\x00"}, "holds a NUL character"),
        ({"mode": "SIDEWAYS"}, "column mode: 'SIDEWAYS' is no mode: CROSS_SECTIONAL or SYMBOL_SPECIFIC"),
        ({"mode": "CROSS_SECTIONAL"}, "covers all symbols and names none"),
        ({"symbol": None}, "column symbol: (empty) is needed on a symbol-specific candidate"),
        ({"score": float("inf")}, "column score: 'inf' is not finite; leave it empty where there is no score"),
        ({"score": float("nan")}, "column score: 'nan' is not finite"),
        ({"score_ci_low": float("-inf")}, "column score_ci_low: '-inf' is not finite"),
        ({"stability": "stable"}, "column stability: 'stable' is no stability: STABLE, DRIFTING, DIVERGED or UNKNOWN"),
        ({"stability": None}, "column stability: (empty) is no stability"),
        ({"leakage_status": "MAYBE"}, "column leakage_status: 'MAYBE' is no leakage status"),
        ({"model_status": "FINE"}, "column model_status: 'FINE' is no model status"),
        (
            {"task_type": None, "metric_name": None},
            "column task_type: (empty) says neither classification nor regression",
        ),
        ({"task_type": "ranking", "metric_name": "sharpe"}, 'nor does the metric_name "sharpe": write BINARY_CLASSIFI'),
        ({"task_type": "regression"}, "column metric_name: 'auc' measures classification, but the task_type is"),
        ({"metric_name": "log_loss"}, "column metric_name: 'log_loss' measures errors, where lower is better"),
        ({"score": 1.000001}, "column score: '1.000001' is no auc: from 0 to 1"),
        ({"score": -0.01, "metric_name": None}, "column score: '-0.01' is no AUC: from 0 to 1; where it is another"),
        (
            {"task_type": "REGRESSION", "metric_name": "r2", "null_score": 1.5},
            "column null_score: '1.5' is no r2: at m",
        ),
        ({"sample_size": -1}, "column sample_size: '-1' is no number of rows: 0 or more"),
        ({"sample_size": None}, "column sample_size: (empty) is no number of rows"),
        ({"stability_metrics": dict.fromkeys(samples.METRICS, float("nan"))}, "column stability_metrics"),
        ({"symbol": "SYM01"}, "has 2 candidates, on rows 2, 3; a side has one"),
    ],
)
def test_a_bad_value_is_refused_with_its_place(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    path = samples.parquet(tmp_path / "candidates.parquet", changed(2, **values))
    words = refuse(tmp_path, path)
    assert said in words
    assert words.startswith(f"{path}: refused\n  row ")
    assert "row 2, " in words or "row 3, " in words


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(ROWS).assign(**columns)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: samples.table(ROWS).drop_columns("score"), "columns missing: score"),
        (lambda: samples.table([]), "is empty: there is nothing to route"),
        (lambda: frame(score=["high"] * 6), "row 1, column score: 'high' does not fit"),
        (lambda: frame(score=[0.5, 0.5, "0.5x", 0.5, 0.5, 0.5]), "row 3, column score: '0.5x' does not fit"),
        (lambda: frame(score=[True] * 6), "row 1, column score: True does not fit: a number is needed"),
        (lambda: frame(sample_size=[10, 10, 10.5, 10, 10, 10]), "row 3, column sample_size: 10.5 does not fit: a whole number"),
        (lambda: frame(sample_size=[10, 10, 10, 10, 10, 10**30]), "column sample_size"),
        (lambda: frame(mode=[1.5] * 6), "column mode should hold text"),
        (lambda: frame(failed_model_families=["lightgbm"] * 6), "row 1, column failed_model_families: 'lightgbm' does not fit"),
        (lambda: pa.table([[1], [2]], names=["target", "target"]), "columns given twice: target"),
        (lambda: 42, "an object of type int cannot be read as candidates; give a path, a pandas or Polars frame, or an"),
        (lambda: PanelEvidence.__new__(PanelEvidence), "of type PanelEvidence cannot be read as candidates; give its .candidates()"),
    ],
)  # fmt: skip
def test_a_frame_that_does_not_fit_is_refused(tmp_path: Path, made: Callable[[], Any], said: str) -> None:
    assert said in refuse(tmp_path, made())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.parquet", b"", "a.parquet is empty"),
        ("a.parquet", b"PAR1 and no more", "cannot be read as parquet"),
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b"\x00\xff\xfe;;\n1,2,3\n4", "a.csv"),
        ("a.json", b"{}", "cannot be read as json: it must be an array of records"),
        ("a.json", b"[1, 2]", "it must be an array of records"),
        ("a.json", b"[{", "cannot be read as json"),
        ("a.xlsx", b"", "candidates come as .parquet"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in refuse(tmp_path, tmp_path / name)


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    path = samples.parquet(tmp_path / "a.parquet", ROWS)
    path.write_bytes(path.read_bytes()[:-200])
    assert "cannot be read as parquet" in refuse(tmp_path, path)
    assert "there is no such file" in refuse(tmp_path, tmp_path / "none.parquet")


def test_the_same_candidates_mean_the_same_in_any_form(tmp_path: Path) -> None:
    metrics = dict.fromkeys(samples.METRICS, 0.25)
    rows = [
        {
            **row,
            "stability_metrics": metrics,
            "failed_model_families": ["a", "b'c"],
            "score_ci_low": None,
            "timestamp": None,
        }
        for row in ROWS
    ]
    table = samples.table(rows)
    json_text = [
        {**row, "stability_metrics": json.dumps(metrics), "failed_model_families": json.dumps(["a", "b'c"])}
        for row in rows
    ]
    python_text = [
        {**row, "stability_metrics": str(metrics), "failed_model_families": str(["a", "b'c"])} for row in rows
    ]
    pq.write_table(table, tmp_path / "a.parquet")
    pd.DataFrame(json_text).to_csv(tmp_path / "json.csv", index=False)
    pd.DataFrame(python_text).to_csv(tmp_path / "python.csv", index=False)
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    forms = [
        table,
        pd.DataFrame(rows),
        polars.from_arrow(table),
        *(tmp_path / name for name in ("a.parquet", "json.csv", "python.csv", "a.json", "a.jsonl")),
    ]
    with planstore.open(tmp_path / "results") as store:
        assert {store.route(form, samples.policy()).evidence_id for form in forms} == {
            store.route(forms[0], samples.policy()).evidence_id
        }


def test_what_is_odd_but_not_wrong_is_said(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "results") as store:
        numbered = frame(symbol=pd.array([None, 1, 2, None, 1, 2], dtype="Int64"))
        with pytest.warns(CandidatesWarning, match="column symbol holds whole numbers; they are read as text"):
            run = store.route(numbered, samples.policy())
        assert {job["symbol"] for job in run.plan.jobs} <= {None, "1", "2"}
        with pytest.warns(CandidatesWarning, match="columns not used: extra"):
            store.route(frame(extra=1), samples.policy())
        gaps = frame(score=[None, *[float("nan")] * 5])
        assert store.route(gaps, samples.policy()).routes == {"ROUTE_BLOCKED": 4}
        assert store.why("y_up_01_10m", "SYM00").rule == "NO_EVIDENCE"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"typo": 1}, "typo: is not a key of a policy"),
        ({"dev_mode": "false"}, "dev_mode: Input should be a valid boolean"),
        ({"both_strong_behavior": "BOTH"}, "it can be ROUTE_BOTH, PREFER_CS, PREFER_SYMBOL"),
        ({"symbol": {"min_score": 0.7, "strong_score": 0.6}}, "symbol.min_score is 0.7"),
        ({"symbol": {"min_score": float("nan"), "strong_score": 0.6}}, "symbol.min_score"),
        (
            {"stability_allowlist": {"cross_sectional": ["SHAKY"], "symbol": []}},
            "stability_allowlist.cross_sectional.0",
        ),
        ({"horizon": {"patterns": [{"regex": "(", "multiplier": 1}]}}, "regex is not a regular expression"),
        ({"horizon": {"patterns": [{"regex": r"\d+d", "multiplier": 1}]}}, "regex needs a group around the number"),
        ({"horizon": {"patterns": [{"regex": r"(?<=x)(\d+)", "multiplier": 1}]}}, "cannot be searched with"),
        ({"dump_plan_as": ["PDF"]}, "dump_plan_as.0"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_its_key(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    assert said in refuse(tmp_path, samples.table(ROWS), samples.policy(**change), PolicyError)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs the top key `routing`"),
        ("- 1", "needs the top key `routing`"),
        ("routing: {", "is not YAML"),
        ("other: 1", "and has others: other"),
        (samples.SHORT_POLICY_YAML + "  block_on_leakage: maybe\n", "line 9: block_on_leakage: Input should be a valid boolean, got 'maybe'"),
        (samples.SHORT_POLICY_YAML + "  both_strong_behavior: PREFER_CS\n", "line 9: routing.both_strong_behavior is given twice, first on line 8"),
        (samples.SHORT_POLICY_YAML + "  experimental:\n    min_scores: 1\n", "line 10: experimental.min_scores: is not a key of a policy"),
    ],
)  # fmt: skip
def test_a_policy_file_that_cannot_be_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    words = refuse(tmp_path, samples.table(ROWS), path, PolicyError)
    assert said in words
    assert str(path) in words


def test_a_policy_has_one_id_however_it_is_written(tmp_path: Path) -> None:
    written_out = samples.policy(semantics="strict", dev_mode=False, dump_plan_as=["json"])
    turned = {"routing": dict(reversed(written_out["routing"].items()))}
    with planstore.open(tmp_path / "results") as store:
        ids = {store.route(samples.table(ROWS), policy).policy_id for policy in (samples.policy(), written_out, turned)}
        assert len(ids) == 1
        assert store.sql("select count(*) from policies").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("families", "said"),
    [
        ("lightgbm", "must be a list of texts"),
        ([""], "must be one name of letters and digits"),
        (["mutual_information"], "selects features"),
        ([1], "must be a list of texts"),
    ],
)
def test_families_that_cannot_be_are_refused(tmp_path: Path, families: Any, said: str) -> None:
    assert said in refuse(tmp_path, samples.table(ROWS), None, RequestError, model_families=families)


def test_a_store_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(planstore.StoreError, match="is a file, not a results folder"):
        planstore.open(tmp_path / "file")
    newer = tmp_path / "newer" / "planstore"
    newer.mkdir(parents=True)
    (newer / "store.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(planstore.StoreVersionError, match=f"has format 99, this planstore knows format {FORMAT}"):
        planstore.open(tmp_path / "newer")
    (newer / "store.json").write_text("{", encoding="utf-8")
    with pytest.raises(planstore.StoreError, match="does not say what kind of store this is"):
        planstore.open(tmp_path / "newer")
    with planstore.open(tmp_path / "good") as store:
        store.create()
    (tmp_path / "good" / "planstore" / "catalog.sqlite").write_bytes(b"no database" * 1000)
    with (
        planstore.open(tmp_path / "good") as store,
        pytest.raises(planstore.StoreError, match="could not be read or written"),
    ):
        store.log()
    with pytest.raises(planstore.StoreMissingError, match="run `planstore init` or `planstore route`"):
        planstore.open(tmp_path / "none", create=False)


def test_an_artifact_that_was_altered_is_not_returned(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "results") as store:
        run = store.route(samples.table(ROWS), samples.policy())
        artifacts = store.access.ledger.artifacts
        path = Artifacts(store.access.ledger.layout.artifacts).path(run.policy_id)
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b" ")
        with pytest.raises(planstore.StoreError, match="was altered"):
            artifacts.get(run.policy_id)


def test_a_policy_that_asks_for_nulls_says_that_scores_without_one_count_for_nothing(store: Store) -> None:
    policy = samples.policy(min_margin_over_null=0.1)
    rows = [samples.record("y_10m", None, 0.9, null_score=0.5), samples.record("y_10m", "A", 0.9)]
    with pytest.warns(
        CandidatesWarning, match="1 scores have no null_score, which the policy requires: their sides are DISALLOWED"
    ):
        run = store.route(samples.table(rows), policy)
    assert run.routes == {"ROUTE_CROSS_SECTIONAL": 1}


def test_the_reference_knows_no_null() -> None:
    with pytest.raises(PolicyError, match="min_margin_over_null needs semantics: strict"):
        read_policy(samples.policy(semantics="reference", min_margin_over_null=0.1))
