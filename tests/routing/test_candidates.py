"""Candidates from outside: one clear error and nothing written, or the same evidence from every format."""

from __future__ import annotations

import datetime
import json
import math
import random
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import inputs
import planstore
import samples
from planstore import CandidatesError, CandidatesWarning, Store

Row = dict[str, Any]
Maker = Callable[[Path], Any]
"""Makes candidates, in a folder where it may leave a file."""

ROWS = samples.records(1, 2)
"""A cross-sectional candidate and two of symbols: rows 1, 2 and 3."""
HEADER = "target,symbol,mode,score,stability,sample_size,leakage_status,metric_name\n"
LINE = "y_up_10m,,CROSS_SECTIONAL,0.7,STABLE,1000,SAFE,auc\n"
FOREIGN = re.compile(
    r"<\w+[. ]|object at|0x[0-9a-f]{6}|malformed node|<unknown>|Errno|codec|pybind|C\+\+"
    r"|pyarrow|pandas\.|duckdb|Must pass names|RecordBatch|numpy|thrift|float\(\)|utf-8-sig"
)
"""What tells a reader about planstore's insides, and nothing about the candidates."""


def changed(row: int = 2, **columns: Any) -> list[Row]:
    """Return the rows with ``columns`` of one of them (the first is 1) replaced."""
    return [candidate | (columns if number == row else {}) for number, candidate in enumerate(ROWS, 1)]


def whole(**columns: Any) -> list[Row]:
    """Return the rows with ``columns`` of all of them replaced."""
    return [candidate | columns for candidate in ROWS]


def arrow(**columns: Any) -> Maker:
    return lambda _: samples.table(changed(**columns))


def frame(**columns: Any) -> Maker:
    return lambda _: pd.DataFrame(changed(**columns))


def column(name: str, values: pa.Array) -> Maker:
    return lambda _: inputs.frame(*ROWS, **{name: values})


def file(name: str, content: str | bytes) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def json_file(value: Any) -> Maker:
    return file("c.json", json.dumps(value))


def parquet(rows: list[Row]) -> Maker:
    return lambda folder: samples.parquet(folder / "c.parquet", rows)


def damaged(damage: Callable[[bytes], bytes]) -> Maker:
    def make(folder: Path) -> Path:
        path = samples.parquet(folder / "c.parquet", ROWS)
        path.write_bytes(damage(path.read_bytes()))
        return path

    return make


NOISE = random.Random(1).randbytes(3000)
METRICS = dict.fromkeys(samples.METRICS, 0.5)
REFUSED: dict[str, tuple[Maker, str]] = {
    # columns
    "two columns missing": (
        lambda _: pd.DataFrame(ROWS).drop(columns=["score", "stability"]),
        "columns missing: score, stability",
    ),
    "names in the index": (
        lambda _: pd.DataFrame(ROWS).set_index(["target", "symbol"]),
        "columns missing: target, symbol",
    ),
    "a column twice, Arrow": (
        lambda _: samples.table(ROWS).append_column("score", samples.table(ROWS)["score"]),
        "columns given twice: score",
    ),
    "a column twice, pandas": (
        lambda _: pd.concat([pd.DataFrame(ROWS), pd.DataFrame(ROWS)[["score"]]], axis=1),
        "columns given twice: score",
    ),
    "a column twice, CSV": (file("c.csv", "target," + HEADER + "y," + LINE), "columns given twice: target"),
    "a column and its older name": (
        lambda _: pd.DataFrame(whole(timestamp="2020-01-01", evidence_as_of="2020-01-02")),
        "timestamp.*evidence_as_of|evidence_as_of.*timestamp",
    ),
    # nothing in it
    "an empty frame": (lambda _: pd.DataFrame(ROWS).iloc[:0], "the data frame is empty: there is nothing to route"),
    "a frame without columns": (lambda _: pd.DataFrame(), "is empty"),
    "an empty table": (lambda _: samples.table([]), "the table is empty: there is nothing to route"),
    "an empty Polars frame": (lambda _: pl.DataFrame(ROWS).clear(), "is empty"),
    "an empty parquet": (parquet([]), r"c\.parquet is empty"),
    "an empty file, parquet": (file("c.parquet", b""), r"c\.parquet.*(empty|0 bytes)"),
    "an empty file, CSV": (file("c.csv", b""), r"(?i)c\.csv.*empty"),
    "an empty file, JSON": (file("c.json", b""), r"(?i)c\.json.*empty"),
    "an empty file, JSON lines": (file("c.jsonl", b""), r"c\.jsonl is empty"),
    "a CSV of only a header": (file("c.csv", HEADER), r"c\.csv is empty"),
    "a JSON of no records": (json_file([]), r"c\.json is empty"),
    # files that are not what they say
    "half a parquet": (damaged(lambda content: content[: len(content) // 2]), r"c\.parquet cannot be read as parquet"),
    "a parquet with a hole": (
        damaged(lambda content: content[:400] + content[600:]),
        r"c\.parquet cannot be read as parquet",
    ),
    "a parquet with other bytes": (
        damaged(lambda content: content[:100] + bytes(byte ^ 85 for byte in content[100:300]) + content[300:]),
        r"c\.parquet cannot be read as parquet",
    ),
    "noise as parquet": (file("c.parquet", NOISE), r"c\.parquet cannot be read as parquet"),
    "noise as CSV": (file("c.csv", NOISE), r"c\.csv cannot be read as csv"),
    "a picture as CSV": (file("c.csv", b"\x89PNG\r\n\x1a\n" + NOISE[:300]), r"c\.csv"),
    "a short line in a CSV": (file("c.csv", HEADER + LINE + "a,b\n"), r"c\.csv.*row (2|#3)"),
    "an open quote in a CSV": (file("c.csv", HEADER + '"' + LINE), r"c\.csv cannot be read as csv"),
    "a CSV with semicolons": (file("c.csv", (HEADER + LINE).replace(",", ";")), "comma"),
    "a Latin-1 CSV": (file("c.csv", (HEADER + LINE.replace("up", "é")).encode("latin-1")), r"c\.csv.*UTF-?8"),
    "a UTF-16 CSV": (file("c.csv", (HEADER + LINE).encode("utf-16")), r"c\.csv cannot be read as csv"),
    "broken JSON": (file("c.json", '[{"target": '), r"c\.json cannot be read as json.*line 1"),
    "an object as JSON": (json_file({"target": "a"}), "array of records"),
    "a number as JSON": (json_file(3), "array of records"),
    "lists as JSON": (json_file([[1]]), "array of records"),
    "very deep JSON": (file("c.json", "[" * 100_000), r"c\.json cannot be read as json"),
    "noise as JSON": (file("c.json", NOISE), r"c\.json cannot be read as json"),
    "half a surrogate in JSON": (
        file("c.json", json.dumps(changed(target="X")).replace('"X"', '"\\ud800"')),
        r"c\.json",
    ),
    "a broken JSON line": (file("c.jsonl", json.dumps(ROWS[0]) + '\n{"target":\n'), r"c\.jsonl.*line 2"),
    "an array as JSON lines": (file("c.jsonl", json.dumps(ROWS)), r"c\.jsonl.*record"),
    "an unknown suffix": (file("c.xlsx", b"PK"), r"\.parquet.*\.csv.*not as '\.xlsx'"),
    "no suffix": (file("candidates", b"PK"), "no suffix"),
    "no such file": (lambda folder: folder / "none.parquet", r"none\.parquet: there is no such file"),
    "a folder": (lambda folder: folder, "candidates come as"),
    "an address": (lambda _: "s3://bucket/c.parquet", "s3://bucket"),
    # things that are no candidates
    "None": (lambda _: None, "(?i)none"),
    "a number": (lambda _: 5, "int cannot be read as candidates"),
    "a list of records": (lambda _: list(ROWS), "list cannot be read as candidates"),
    "a pandas series": (lambda _: pd.DataFrame(ROWS)["score"], "Series cannot be read as candidates"),
    # types
    "a target that is a number": (column("target", pa.array([1.5] * 3)), "column target should hold text"),
    "a target that is a truth": (column("target", pa.array([True] * 3)), "column target should hold text"),
    "a target that is bytes": (column("target", pa.array([b"a\xff"] * 3)), "row 1, column target: b'a.*no UTF-8 text"),
    "a target that is a struct": (column("target", pa.array([{"a": 1}] * 3)), "column target should hold text"),
    "a target that is a list, JSON": (json_file(changed(target=["a"])), "row 2, column target"),
    "a target that is a Python object": (frame(target=object()), "column target"),
    "a score that is a word": (frame(score="abc"), "row 2, column score: 'abc'"),
    "a score that is a word in a CSV": (
        file("c.csv", HEADER + LINE + LINE.replace(",,", ",A,").replace("0.7", "0;7")),
        "row 2, column score: '0;7'",
    ),
    "a score that is a list": (frame(score=[1]), r"row 2, column score: .*\[1\]"),
    "a score that is a truth": (column("score", pa.array([True] * 3)), "row 1, column score: True"),
    "a score that is a truth among numbers": (frame(score=True), "row 2, column score: (True|'?true)"),
    "a score that is a truth in JSON": (json_file(changed(score=True)), "row 2, column score: (True|'?true)"),
    "a score that is a date": (column("score", pa.array([datetime.date(2020, 1, 1)] * 3)), "column score"),
    "a score that is a time": (column("score", pa.array([1, 2, 3], pa.duration("s"))), "column score"),
    "a sample size that is a word": (frame(sample_size="many"), "row 2, column sample_size: 'many'"),
    "a sample size that is negative": (arrow(sample_size=-1), "row 2, column sample_size: '?-1.*0 or more"),
    "a sample size with a fraction": (frame(sample_size=10.5), "row 2, column sample_size: 10.5.*whole number"),
    "a sample size with a fraction in a CSV": (
        file("c.csv", HEADER + LINE.replace("1000", "1000.5")),
        "row 1, column sample_size: '1000.5'.*whole number",
    ),
    "a sample size that is a truth": (lambda _: pd.DataFrame(whole(sample_size=True)), "column sample_size: True"),
    "a sample size that is a truth in JSON": (json_file(changed(sample_size=True)), "row 2, column sample_size"),
    "no sample size": (arrow(sample_size=None), r"row 2, column sample_size: \(empty\)"),
    "a missing sample size of pandas": (frame(sample_size=math.nan), r"row 2, column sample_size: \(empty\)"),
    "an infinite sample size": (lambda _: pd.DataFrame(whole(sample_size=math.inf)), "row 1, column sample_size: inf"),
    "a sample size of NaN in a CSV": (
        file("c.csv", HEADER + LINE.replace("1000", "nan")),
        "row 1, column sample_size: 'nan'",
    ),
    "a huge sample size": (lambda _: pd.DataFrame(whole(sample_size=2**70)), "row 1, column sample_size: .?1180591"),
    "a huge sample size in JSON": (json_file(changed(sample_size=2**70)), "row 2, column sample_size: .*1180591"),
    "a sample size above 63 bits": (
        column("sample_size", pa.array([2**64 - 1] * 3, pa.uint64())),
        "row 1, column sample_size: 18446744073709551615",
    ),
    "metrics that are a word": (frame(stability_metrics="hello"), "row 2, column stability_metrics: 'hello'"),
    "metrics that are code": (frame(stability_metrics="__import__('os')"), "row 2, column stability_metrics"),
    "metrics that are a list": (frame(stability_metrics=[1, 2]), "row 2, column stability_metrics.*mean_overlap"),
    "metrics of another name": (json_file(changed(stability_metrics={"overlap": 1.0})), "overlap"),
    "metrics that are a truth": (frame(stability_metrics='{"mean_tau": true}'), "row 2, column stability_metrics"),
    "infinite metrics": (arrow(stability_metrics=METRICS | {"mean_tau": math.inf}), "row 2, column stability_metrics"),
    "NaN metrics": (arrow(stability_metrics=METRICS | {"mean_tau": math.nan}), "row 2, column stability_metrics"),
    "families that are a word": (frame(failed_model_families="lightgbm"), "row 2, column failed_model_families"),
    "families that are numbers": (frame(failed_model_families=[1]), "row 2, column failed_model_families"),
    "a time that is none": (frame(timestamp="yesterday"), "row 2, column (timestamp|evidence_as_of): 'yesterday'"),
    "a time that is a truth": (
        lambda _: pd.DataFrame(whole(timestamp=True)),
        "row 1, column (timestamp|evidence_as_of)",
    ),
    # numbers that are none
    "a NaN score in parquet": (parquet(changed(score=math.nan)), r"c\.parquet: refused\n +row 2, column score: 'nan'"),
    "a NaN score in Polars": (lambda _: pl.DataFrame(changed(score=math.nan)), "row 2, column score: 'nan'"),
    "a NaN score in JSON": (json_file(changed(score=math.nan)), "row 2, column score: 'nan'"),
    "a NaN score in CSV": (file("c.csv", HEADER + LINE.replace("0.7", "NaN")), "row 1, column score: '(?i:nan)'"),
    "an infinite score in parquet": (parquet(changed(score=math.inf)), "row 2, column score: 'inf' is not finite"),
    "an infinite score in pandas": (frame(score=-math.inf), "row 2, column score: '-inf' is not finite"),
    "an infinite bound": (parquet(changed(score_ci_low=-math.inf)), "row 2, column score_ci_low: '-inf'"),
    # words
    "an unknown mode": (arrow(mode="BOTH"), "row 2, column mode: 'BOTH'.*CROSS_SECTIONAL or SYMBOL_SPECIFIC"),
    "a mode that is a number": (frame(mode=3), "row 2, column mode: '3'"),
    "no mode": (arrow(mode=None), r"row 2, column mode: \(empty\)"),
    "an unknown stability": (arrow(stability="stable"), "row 2, column stability: 'stable'.*STABLE, DRIFTING"),
    "no stability": (arrow(stability=None), r"row 2, column stability: \(empty\)"),
    "an unknown leakage status": (arrow(leakage_status="CLEAN"), "row 2, column leakage_status: 'CLEAN'.*SAFE"),
    "no leakage status": (arrow(leakage_status=None), r"row 2, column leakage_status: \(empty\)"),
    "an unknown model status": (arrow(model_status="BAD"), "row 2, column model_status: 'BAD'.*FAILED"),
    "no task": (arrow(task_type=None, metric_name=None), r"row 2, column task_type: \(empty\) says neither"),
    "a word that is no task": (
        arrow(task_type="ranking", metric_name="x" * 10**6),
        "row 2, column task_type: 'ranking' says neither.*write BINARY_CLASSIFICATION",
    ),
    "a metric of the other task": (arrow(metric_name="R²"), "row 2, column metric_name: 'R²' measures regression, but"),
    "a metric of errors": (frame(metric_name="logloss"), "row 2, column metric_name: 'logloss' measures errors"),
    "an AUC above 1": (arrow(score=1.5), "row 2, column score: '1.5' is no auc: from 0 to 1"),
    "an AUC of a null below 0": (frame(null_score=-0.5), "row 2, column null_score: '-0.5' is no auc: from 0 to 1"),
    # names
    "no target": (arrow(target=None), r"row 2, column target: \(empty\) is no name"),
    "an empty target": (arrow(target=""), "row 2, column target: '' is no name"),
    "an empty symbol": (arrow(symbol=""), "row 2, column symbol: '' is no name"),
    "a name of a million characters": (arrow(target="x" * 1_000_000), "row 2, column target: 'xxx.*1,?000,?000 char"),
    "a symbol of a million characters": (arrow(symbol="x" * 1_000_000), "row 2, column symbol: 'xxx.*at most 1,?000"),
    "a name of 1001 characters": (arrow(target="é" * 1001), "row 2, column target.*1,?001 characters"),
    "a control character in a target": (arrow(target="a\x01b"), r"row 2, column target: 'a\\x01b'.*control character"),
    "a control character in a symbol": (arrow(symbol="a\x1bb"), r"row 2, column symbol: 'a\\x1bb'.*control character"),
    "NUL in a target": (arrow(target="a\x00b"), r"row 2, column target: 'a\\x00b'.*control character"),
    "NUL in a feature set": (arrow(feature_set_id="a\x00b"), r"row 2, column feature_set_id: 'a\\x00b'"),
    "a symbol on a cross-sectional candidate": (arrow(row=1, symbol="AAPL"), "row 1, column symbol: 'AAPL'"),
    "no symbol on a symbol's candidate": (arrow(symbol=None), r"row 2, column symbol: \(empty\) is needed"),
    # rows
    "a candidate twice": (lambda _: samples.table([*ROWS, ROWS[1]]), "y_up_01_10m, SYM00.*2 candidates, on rows 2, 4"),
    "a cross-sectional candidate twice": (
        lambda _: samples.table([*ROWS, ROWS[0], ROWS[0]]),
        "'y_up_01_10m'.*3 candidates, on rows 1, 4, 5",
    ),
}


@pytest.fixture(scope="module")
def kept(shared_store: Store) -> Store:
    shared_store.route(samples.table(samples.records(2, 2)), samples.policy(), run_id="first")
    return shared_store


@pytest.fixture
def unchanged(kept: Store) -> Iterator[Store]:
    """Yield a store; when the test is over, nothing of it may have changed."""
    before, commits = inputs.snapshot(kept.results), len(kept.log())
    yield kept
    assert len(kept.log()) == commits
    assert inputs.snapshot(kept.results) == before


@pytest.mark.parametrize("what", REFUSED)
def test_bad_candidates_are_refused_with_where_and_why_and_nothing_is_written(
    tmp_path: Path, unchanged: Store, what: str
) -> None:
    make, said = REFUSED[what]
    source = make(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CandidatesWarning)
        with pytest.raises(CandidatesError) as refused:
            unchanged.route(source, samples.policy())
    message = str(refused.value)
    assert re.search(said, message, re.DOTALL), message
    assert not FOREIGN.search(message), message
    assert len(message) < 2000
    assert message.isprintable() or all(line.isprintable() for line in message.splitlines()), repr(message)


def test_a_refusal_of_the_first_candidates_makes_no_folder(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "results") as store, pytest.raises(CandidatesError):
        store.route(samples.table([]), samples.policy())
    assert list(tmp_path.iterdir()) == []


def test_several_problems_are_told_at_once_and_many_are_cut(unchanged: Store) -> None:
    rows = [
        samples.record(f"y_{number}", score=math.inf, stability="WILD", sample_size=-number - 1)
        for number in range(100)
    ]
    with pytest.raises(CandidatesError) as refused:
        unchanged.route(samples.table(rows), samples.policy())
    message = str(refused.value)
    assert "'WILD'" in message
    assert "'inf'" in message
    assert "and 99 more rows" in message
    assert len(message.splitlines()) <= 22


# --- what is not wrong ------------------------------------------------------------------------------------------


def test_whole_numbers_for_symbols_are_read_as_text_and_said_so(store: Store) -> None:
    rows = [ROWS[0], ROWS[1] | {"symbol": 600000}, ROWS[2] | {"symbol": 5}]
    with pytest.warns(CandidatesWarning, match="column symbol holds whole numbers; they are read as text"):
        store.route(pa.Table.from_pylist(rows), samples.policy(), run_id="arrow")
    assert store.sql("select symbol from candidates order by all").fetchall() == [("5",), ("600000",), (None,)]


def test_whole_numbers_for_symbols_in_pandas_are_read_as_text_though_pandas_makes_them_fractions(store: Store) -> None:
    rows = pd.DataFrame([ROWS[0], ROWS[1] | {"symbol": 600000}, ROWS[2] | {"symbol": 5}])
    with pytest.warns(CandidatesWarning, match="column symbol holds whole numbers; they are read as text"):
        store.route(rows, samples.policy())
    assert store.sql("select symbol from candidates order by all").fetchall() == [("5",), ("600000",), (None,)]


@pytest.mark.parametrize("value", [5, 5.0])
def test_a_number_among_texts_is_said_to_be_read_as_text(store: Store, value: float) -> None:
    with pytest.warns(CandidatesWarning, match="column symbol"):
        store.route(pd.DataFrame(changed(symbol=value)), samples.policy())
    assert store.sql("select count(*) from candidates where symbol = '5'").fetchall() == [(1,)]


def test_columns_that_nobody_reads_are_named_in_a_warning_that_points_at_the_caller(store: Store) -> None:
    rows = pd.DataFrame(whole(colour="red", depth=1))
    with pytest.warns(CandidatesWarning, match="columns not used: colour, depth") as warned:
        store.route(rows, samples.policy())
    assert warned[0].filename == __file__


def test_a_missing_score_is_no_score_however_it_is_written(tmp_path: Path, store: Store) -> None:
    sources = {
        "pandas": pd.DataFrame(changed(score=math.nan)),
        "polars": pl.DataFrame(changed(score=None)),
        "arrow": samples.table(changed(score=None)),
        "csv": file("c.csv", HEADER + LINE.replace("0.7", ""))(tmp_path),
        "json": json_file(changed(score=None))(tmp_path),
    }
    for name, source in sources.items():
        store.route(source, samples.policy(), run_id=name)
    found = store.sql("select run_id, count(*) from candidates where score is null group by all").fetchall()
    assert dict(found) == dict.fromkeys(sources, 1)


def test_reference_semantics_takes_infinite_scores_and_the_first_of_two_candidates(store: Store) -> None:
    rows = [*changed(score=math.inf), ROWS[1] | {"score": 0.1}]
    run = store.route(samples.table(rows), samples.policy(semantics="reference"))
    assert store.sql("select count(*) from candidates where isinf(score)").fetchall() == [(1,)]
    assert sum(run.routes.values()) == 2


ODD = (
    "../../x",
    "a/b",
    "CON",
    "a\\b",
    "a'b\"c",
    " a ",
    "a\nb",
    "100%",
    "📈",
    "<script>",
    "x" * 300,
    "~a",
    ".hidden",
    "a|b",
)


def test_odd_names_are_kept_as_they_are(store: Store) -> None:
    rows = [ROWS[0], *(ROWS[1] | {"symbol": name} for name in ODD)]
    run = store.route(samples.table(rows), samples.policy(), include_blocked=True)
    kept = store.sql("select symbol from candidates where symbol is not null").fetchall()
    assert {symbol for (symbol,) in kept} == set(ODD)
    for name in ODD:
        assert planstore.get_jobs_for_symbol(run.plan, name), name


# --- the formats ------------------------------------------------------------------------------------------------

FULL = [
    row
    | {
        "score_ci_low": 0.1 + 0.2,
        "score_ci_high": 1e-300,
        "failed_model_families": families,
        "stability_metrics": metrics,
        "timestamp": datetime.datetime(2022, 3, 4, 5, 6, 7, 891011, tzinfo=datetime.UTC),
        "git_commit": "abc123",
        "feature_set_id": text,
    }
    for row, families, metrics, text in zip(
        ROWS,
        ([], ["lightgbm", 'it\'s, "quoted"'], None),
        (dict(zip(samples.METRICS, (0.1, 0.2, 0.3, 1 / 3), strict=True)), METRICS | {"std_tau": None}, None),
        ('a,b\n"c"', "☃", None),
        strict=True,
    )
]


def written(rows: list[Row], nested: Callable[[Any], Any] = lambda value: value) -> list[Row]:
    """Return rows for a text file: times as ISO text, lists and structs as ``nested`` writes them."""
    return [
        {
            name: value.isoformat()
            if isinstance(value, datetime.datetime)
            else nested(value)
            if isinstance(value, list | dict)
            else value
            for name, value in row.items()
        }
        for row in rows
    ]


def as_csv(rows: list[Row], nested: Callable[[Any], str]) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / "c.csv"
        pd.DataFrame(written(rows, nested)).to_csv(path, index=False)
        return path

    return make


def with_types(kind: Callable[[pa.DataType], pa.DataType]) -> Maker:
    return lambda _: samples.table(FULL).cast(pa.schema([(f.name, kind(f.type)) for f in samples.SCHEMA]))


FORMATS: dict[str, Maker] = {
    "Arrow": lambda _: samples.table(FULL),
    "Arrow in batches": lambda _: pa.Table.from_batches(
        [batch for part in (FULL[:1], FULL[1:]) for batch in samples.table(part).to_batches()]
    ),
    "an Arrow reader": lambda _: samples.table(FULL).to_reader(),
    "Arrow with large and small types": with_types(
        lambda kind: pa.large_string() if kind == pa.string() else pa.int32() if kind == pa.int64() else kind
    ),
    "Arrow with dictionaries": with_types(
        lambda kind: pa.dictionary(pa.int32(), pa.string()) if kind == pa.string() else kind
    ),
    "parquet": parquet(FULL),
    "pandas": lambda _: pd.DataFrame(FULL),
    "pandas of Arrow": lambda _: samples.table(FULL).to_pandas(),
    "pandas with categories": lambda _: pd.DataFrame(FULL).astype({"mode": "category", "target": "category"}),
    "Polars": lambda _: pl.from_arrow(samples.table(FULL)),
    "JSON": json_file(written(FULL)),
    "JSON with a byte order mark": file("c.json", "\ufeff" + json.dumps(written(FULL))),
    "JSON lines": file("c.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in written(FULL))),
    "CSV with JSON inside": as_csv(FULL, json.dumps),
    "CSV with Python inside": as_csv(FULL, repr),
    "CSV with a byte order mark": lambda folder: file(
        "d.csv", b"\xef\xbb\xbf" + as_csv(FULL, json.dumps)(folder).read_bytes()
    )(folder),
    "rows in another order": lambda _: samples.table(FULL[::-1]),
    "columns in another order": lambda _: samples.table(FULL).select(samples.table(FULL).column_names[::-1]),
    "another time zone": lambda _: pd.DataFrame(FULL).assign(
        timestamp=pd.to_datetime(pd.Series([row["timestamp"] for row in FULL])).dt.tz_convert("Asia/Tokyo")
    ),
    "the older name of the mode": lambda _: samples.table(
        [row | ({"mode": "SYMBOL"} if row["symbol"] else {}) for row in FULL]
    ),
}


@pytest.fixture(scope="module")
def evidence_id(kept: Store) -> str:
    return kept.route(samples.table(FULL), samples.policy()).evidence_id


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_candidates_are_the_same_evidence_in_every_format(
    tmp_path: Path, kept: Store, evidence_id: str, kind: str
) -> None:
    assert kept.route(FORMATS[kind](tmp_path), samples.policy()).evidence_id == evidence_id


def test_other_candidates_are_other_evidence(kept: Store, evidence_id: str) -> None:
    for name, value in {
        "score": 0.123,
        "feature_set_id": "x",
        "failed_model_families": ["a"],
        "git_commit": None,
    }.items():
        rows = [FULL[0] | {name: value}, *FULL[1:]]
        assert kept.route(samples.table(rows), samples.policy()).evidence_id != evidence_id, name


def test_what_an_export_wrote_can_be_routed_again_as_the_same_evidence(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "results") as store:
        first = store.route(samples.table(FULL), samples.policy())
        store.export()
        for name in ("routing_candidates.parquet", "routing_candidates.json"):
            again = store.route(store.results / "METRICS" / name, samples.policy())
            assert again.evidence_id == first.evidence_id, name


def test_a_parquet_file_may_be_read_only_and_is_closed_when_it_was_read(tmp_path: Path, store: Store) -> None:
    path = samples.parquet(tmp_path / "c.parquet", ROWS)
    path.chmod(0o444)
    store.route(path, samples.policy())
    path.unlink()
    assert pq.read_schema(samples.parquet(path, ROWS)).names == samples.SCHEMA.names


# --- reference semantics ----------------------------------------------------------------------------------------

REFERENCE = samples.policy(semantics="reference")


def test_columns_that_the_reference_can_do_without_have_their_value_there(kept: Store) -> None:
    rows = [samples.record("y_10m"), samples.record("y_20m", stability="UNKNOWN", leakage_status="UNKNOWN")]
    table = samples.table(rows)
    for left_out, values in (
        (("symbol",), {}),
        (("stability", "leakage_status"), {"stability": "UNKNOWN", "leakage_status": "UNKNOWN"}),
        (("sample_size", "symbol"), {"sample_size": 0}),
    ):
        with pytest.warns(planstore.CandidatesWarning, match=f"columns missing.*{left_out[0]} as") as caught:
            found = kept.route(table.drop_columns(list(left_out)), REFERENCE)
        assert len(caught) == 1
        assert found.evidence_id == kept.route(samples.table([row | values for row in rows]), REFERENCE).evidence_id


@pytest.mark.parametrize("name", ["target", "mode", "score"])
def test_columns_that_the_reference_needs_are_named_when_they_are_missing(tmp_path: Path, name: str) -> None:
    table = samples.table(ROWS).drop_columns([name, "stability"])
    message = inputs.refusal(tmp_path, CandidatesError, lambda store: store.route(table, REFERENCE))
    assert f"columns missing: {name}" in message


UNREAD = [
    samples.record("y_10m", "AAPL", mode="OTHER"),
    samples.record("y_10m", "AAPL", mode=None),
    samples.record("y_10m", None, mode="SYMBOL_SPECIFIC"),
    samples.record("y_10m", "AAPL", 0.9),
    samples.record("y_10m", "MSFT", 0.9, mode="CROSS_SECTIONAL"),
]
"""Rows that no rule reads below those of ``y_10m`` and its ``AAPL``."""


def test_rows_that_no_rule_reads_may_hold_anything(tmp_path: Path, kept: Store) -> None:
    bad = {
        "score": "much", "stability": "odd", "sample_size": -1.5, "leakage_status": None, "model_status": "odd",
        "failed_model_families": 3, "stability_metrics": [1], "timestamp": "yesterday",
    }  # fmt: skip
    rows = [samples.record("y_10m"), samples.record("y_10m", "AAPL")]
    path = inputs.write_json(tmp_path / "c.json", written([*rows, *(row | bad for row in UNREAD)]))
    with pytest.warns(
        planstore.CandidatesWarning, match="left out on 5 rows that no rule reads, first on row 3"
    ) as notes:
        run = kept.route(path, REFERENCE)
    assert len(notes) == 1
    good = kept.route(samples.table([*rows, *UNREAD]), REFERENCE)
    assert run.plan.jobs == good.plan.jobs
    assert dict(run.routes) == {"ROUTE_BOTH": 1}
    found = kept.sql("from candidates where run_id = $run order by position", run=run.run_id).fetchall()
    assert len(found) == 7
    kept.export()
    text = (kept.results / "METRICS" / "routing_candidates.json").read_text(encoding="utf-8")
    assert len(json.loads(text, parse_constant=pytest.fail)) == 7


def test_rows_that_no_rule_reads_still_have_a_target_and_no_nul(tmp_path: Path) -> None:
    good = [samples.record("y_10m"), samples.record("y_10m", "AAPL")]
    for change in ({"target": None}, {"stability": "a\0"}):
        table = samples.table([*good, *(row | change for row in UNREAD)])
        message = inputs.refusal(tmp_path, CandidatesError, lambda store: store.route(table, REFERENCE))  # noqa: B023
        assert re.search(f"row 3, column {next(iter(change))}: .* \\(and 4 more rows\\)", message)


def test_rows_that_a_rule_reads_are_refused_under_the_reference_as_well(tmp_path: Path) -> None:
    changes: list[Row] = [{"stability": None}, {"sample_size": None}, {"leakage_status": "odd"}, {"symbol": ""}]
    rows = [samples.record(f"y_{place}m", "AAPL") | change for place, change in enumerate(changes, 1)]
    table = samples.table([*rows, samples.record("y_4m"), samples.record("y_4m") | {"stability": "odd"}])
    message = inputs.refusal(tmp_path, CandidatesError, lambda store: store.route(table, REFERENCE))
    assert [re.findall(r"row (\d+), column (\w+)", line) for line in message.splitlines()[1:]] == [
        [(str(place), next(iter(change)))] for place, change in enumerate(changes, 1)
    ]


def test_metrics_that_are_nan_missing_or_null_are_alike_and_unknown_ones_are_named(kept: Store) -> None:
    metrics = {"mean_overlap": 0.9, "mean_tau": 0.9}
    gaps = [metrics, metrics | {"std_tau": None}, metrics | {"std_tau": math.nan, "std_overlap": math.nan}]
    found = set()
    for given in gaps:
        rows = [samples.record("y_10m", stability="UNKNOWN", stability_metrics=given)]
        found.add(kept.route(pa.Table.from_pylist(rows), REFERENCE).evidence_id)
    assert len(found) == 1
    rows = [samples.record("y_10m", stability="UNKNOWN", stability_metrics=metrics | {"snapshots": 3})]
    with pytest.warns(planstore.CandidatesWarning, match="stability metrics not used: snapshots"):
        assert {kept.route(pa.Table.from_pylist(rows), REFERENCE).evidence_id} == found
