"""Numbers, times and texts of candidates come in exactly, from every type a frame or file can have, or are refused."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings, strategies as st

import inputs
import samples
from planstore import CandidatesError
from planstore.routing.candidate_conversion import CandidateConverter

EXAMPLES = 20 * int(os.environ.get("PLANSTORE_EXAMPLES", "1"))
ROWS = samples.records(1, 2)
"""A cross-sectional candidate and two of symbols: rows 1, 2 and 3."""
BASE = pa.Table.from_pylist(ROWS)
FRAME = pd.DataFrame(ROWS)
POLARS = pl.DataFrame(ROWS)
END = 2**63 - 1
NUMBERS = ("score", "sample_size")


def column(name: str, values: Any) -> pa.Table:
    """Return the rows as an Arrow table with one column replaced or added."""
    array = values if isinstance(values, pa.Array) else pa.array(values)
    return inputs.frame(*ROWS, **{name: array})


def read(source: Any, name: str) -> list[Any]:
    """Return a converted column of candidates, before it is checked."""
    return list(CandidateConverter(source).columns()[name].to_pylist())


def notes(source: Any) -> list[str]:
    converter = CandidateConverter(source)
    assert len(converter.columns()["target"]) == len(ROWS)
    return converter.notes


def refusal(source: Any) -> str:
    with pytest.raises(CandidatesError) as refused:
        CandidateConverter(source).columns()
    return str(refused.value)


def json_file(folder: Path, name: str, *literals: str) -> Path:
    """Write the rows as JSON, with a column whose values are written as ``literals``."""
    texts = [
        json.dumps(row)[:-1] + f", {json.dumps(name)}: {literal}}}"
        for row, literal in zip(({k: v for k, v in row.items() if k != name} for row in ROWS), literals, strict=True)
    ]
    path = folder / "c.json"
    path.write_text(f"[{','.join(texts)}]", encoding="utf-8")
    return path


def csv_file(folder: Path, name: str, *values: Any) -> Path:
    path = folder / "c.csv"
    FRAME.assign(**{name: pd.Series(values, dtype=object)}).to_csv(path, index=False)
    return path


# --- decimals and whole numbers ---------------------------------------------------------------------------------


def decimals(precision: int, scale: int, count: int = 200) -> list[Decimal]:
    chance = random.Random(precision * 100 + scale)
    return [
        Decimal(chance.choice((1, -1)) * chance.randrange(10 ** chance.randint(1, precision))).scaleb(-scale)
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("kind", "precision", "scale"),
    [
        (pa.decimal32, 9, 6),
        (pa.decimal64, 18, 6),
        (pa.decimal128, 18, 6),
        (pa.decimal128, 28, 27),
        (pa.decimal128, 20, -5),
        (pa.decimal256, 28, 10),
    ],
)
def test_a_score_given_as_a_decimal_is_the_nearest_double(kind: Any, precision: int, scale: int) -> None:
    values = [Decimal("0.54") if scale == 6 else Decimal(0), *decimals(precision, scale)]
    rows = [samples.record(f"y_{number}") for number in range(len(values))]
    table = pa.Table.from_pylist(rows).set_column(3, "score", pa.array(values, kind(precision, scale)))
    found = read(table, "score")
    assert found == [float(value) for value in values]


def test_a_decimal_means_the_same_in_every_format(tmp_path: Path) -> None:
    value = Decimal("0.54")
    array = pa.array([value] * 3, pa.decimal128(18, 6))
    path = tmp_path / "c.parquet"
    pq.write_table(column("score", array), path)
    metrics = column("stability_metrics", [dict.fromkeys(samples.METRICS, value)] * 3)
    for source in (
        column("score", array),
        path,
        FRAME.assign(score=[value] * 3),
        FRAME.assign(score=pd.array([value] * 3, dtype=pd.ArrowDtype(array.type))),
        POLARS.with_columns(pl.Series("score", [value] * 3, dtype=pl.Decimal(18, 6))),
        json_file(tmp_path, "score", *["0.540000"] * 3),
        csv_file(tmp_path, "score", *["0.540000"] * 3),
    ):
        assert read(source, "score") == [0.54] * 3
    assert read(metrics, "stability_metrics") == [dict.fromkeys(samples.METRICS, 0.54)] * 3


@settings(max_examples=EXAMPLES)
@given(
    st.lists(st.decimals(allow_nan=False, allow_infinity=False) | st.floats(allow_nan=False).map(Decimal), min_size=1)
)
def test_a_number_in_text_is_the_nearest_double(values: list[Decimal]) -> None:
    rows = pd.DataFrame([samples.record(f"y_{number}") for number in range(len(values))])
    for scores in (values, [str(value) for value in values]):
        found = read(rows.assign(score=scores), "score")
        assert [str(one) for one in found] == [str(float(value)) for value in values]


EXACT = (0, 1, 2**53 + 1, END, END - 1, 9007199254740993)


@pytest.mark.parametrize("value", EXACT)
def test_a_whole_number_of_any_width_is_exact(tmp_path: Path, value: int) -> None:
    path = tmp_path / "c.parquet"
    pq.write_table(column("sample_size", pa.array([value] * 3, pa.uint64())), path)
    sources: dict[str, Any] = {
        "int64": column("sample_size", pa.array([value] * 3, pa.int64())),
        "uint64": column("sample_size", pa.array([value] * 3, pa.uint64())),
        "decimal(38, 0)": column("sample_size", pa.array([Decimal(value)] * 3, pa.decimal128(38, 0))),
        "decimal(38, 2)": column("sample_size", pa.array([Decimal(value)] * 3, pa.decimal128(38, 2))),
        "text": column("sample_size", [str(value)] * 3),
        "text with a point": column("sample_size", [f"{value}.0"] * 3),
        "text with an exponent": column("sample_size", [f"{value}0e-1"] * 3),
        "bytes": column("sample_size", [str(value).encode()] * 3),
        "parquet": path,
        "pandas": FRAME.assign(sample_size=[value] * 3),
        "pandas with gaps": FRAME.assign(sample_size=pd.array([value] * 3, dtype="UInt64")),
        "pandas objects": FRAME.assign(sample_size=pd.Series([value, str(value), Decimal(value)], dtype=object)),
        "pandas of NumPy": FRAME.assign(
            sample_size=pd.Series([np.uint64(value), np.int64(value), value], dtype=object)
        ),
        "Polars": POLARS.with_columns(pl.lit(value, dtype=pl.Int128).alias("sample_size")),
        "JSON": json_file(tmp_path, "sample_size", *[str(value)] * 3),
        "CSV": csv_file(tmp_path, "sample_size", *[f"{value}.0"] * 3),
    }
    for name, source in sources.items():
        assert read(source, "sample_size") == [value] * 3, name
    mixed = json_file(tmp_path, "sample_size", f"{value}.0", str(value), "1e0")
    assert read(mixed, "sample_size") == [value, value, 1]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([2**64 - 1] * 3, pa.uint64()),
        pa.array([Decimal(2**63)] * 3, pa.decimal128(38, 0)),
        pa.array([Decimal("1.5")] * 3),
        [str(2**63)] * 3,
        ["9007199254740993.5"] * 3,
        ["1e999999999"] * 3,
        ["1." + "0" * 2000] * 3,
        [2.0**53] * 3,
        [2.0**60] * 3,
        [1e300] * 3,
        ["nan"] * 3,
        ["1_0x"] * 3,
    ],
)
def test_a_count_that_is_none_or_was_rounded_is_refused(values: Any) -> None:
    assert "row 1, column sample_size: " in refusal(column("sample_size", values))


def test_a_count_in_pandas_that_pandas_rounded_is_refused() -> None:
    rounded = FRAME.assign(stability_snapshots=pd.Series([2**53 + 1, None, 1]))
    assert "row 1, column stability_snapshots: 9007199254740992.0 does not fit" in refusal(rounded)


@pytest.mark.parametrize("literal", ["9" * 5000, "1e999999999", "1.5", "true", '"x"', "[1]", "{}"])
def test_a_count_in_json_that_is_none_is_refused(tmp_path: Path, literal: str) -> None:
    message = refusal(json_file(tmp_path, "sample_size", literal, "1", "1"))
    assert "row 1, column sample_size: " in message
    assert len(message) < 400


@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), np.longdouble(0.5), Fraction(1, 2), 0.5 + 0j])
def test_numbers_of_other_libraries_are_numbers(value: Any) -> None:
    assert read(FRAME.assign(score=pd.Series([value, 0.5, "0.5"], dtype=object)), "score") == [0.5] * 3


def test_a_negative_zero_stays_one(tmp_path: Path) -> None:
    for source in (
        column("score", [-0.0] * 3),
        json_file(tmp_path, "score", *["-0.0"] * 3),
        csv_file(tmp_path, "score", *["-0.0"] * 3),
        FRAME.assign(score=[Decimal("-0.0")] * 3),
    ):
        assert [str(value) for value in read(source, "score")] == ["-0.0"] * 3


# --- times ------------------------------------------------------------------------------------------------------

SECONDS = {"s": 1, "ms": 10**3, "us": 10**6}
FIRST, BEHIND = -62_135_596_800, 253_402_300_800


@pytest.mark.parametrize("unit", SECONDS)
@pytest.mark.parametrize("zone", ["UTC", None, "Asia/Tokyo", "+05:30"])
def test_times_out_of_range_are_refused_with_row_and_value_and_the_ends_of_the_range_are_taken(
    tmp_path: Path, unit: str, zone: str | None
) -> None:
    kind = pa.timestamp(unit, zone)
    for ticks in (END, -END, -END - 1, BEHIND * SECONDS[unit], FIRST * SECONDS[unit] - 1):
        table = column("evidence_as_of", pa.array([None, 0, ticks]).cast(kind))
        sources: list[Any] = [table]
        if unit != "s":  # because parquet and Polars have no seconds
            pq.write_table(table, tmp_path / "c.parquet")
            sources += [tmp_path / "c.parquet", *([] if zone == "+05:30" else [pl.from_arrow(table)])]
        for source in sources:
            assert "row 3, column evidence_as_of: " in refusal(source)
            assert "years 1 to 9999" in refusal(source)
    ends = pa.array([FIRST * SECONDS[unit], 0, BEHIND * SECONDS[unit] - 1]).cast(kind)
    first, middle, last = read(column("evidence_as_of", ends), "evidence_as_of")
    assert first == datetime(1, 1, 1, tzinfo=UTC)
    assert middle == datetime(1970, 1, 1, tzinfo=UTC)
    assert last == datetime.max.replace(tzinfo=UTC) - timedelta(microseconds=10**6 // SECONDS[unit] - 1)


def test_the_year_comes_with_a_time_out_of_range() -> None:
    late = pa.array([BEHIND] * 3).cast(pa.timestamp("s"))
    assert "row 1, column evidence_as_of: 10000-01-01T00:00:00 does not fit" in refusal(column("timestamp", late))


@pytest.mark.parametrize(
    "values",
    [
        pa.array([2**31 - 1] * 3, pa.int32()).cast(pa.date32()),
        pa.array([-(2**31)] * 3, pa.int32()).cast(pa.date32()),
        pa.array([END] * 3, pa.int64()).cast(pa.date64()),
        pa.array([1] * 3, pa.int32()).cast(pa.time32("s")),
        pa.array([1, 2, 3], pa.duration("s")),
        [1, 2, 3],
        ["10000-01-01"] * 3,
        ["0000-01-01"] * 3,
        ["2024-02-30"] * 3,
        ["9999-12-31T23:59:59-01:00"] * 3,
        ["0001-01-01T00:00:00+01:00"] * 3,
        ["infinity"] * 3,
        [""] * 3,
    ],
)
def test_a_time_that_is_none_is_refused(values: Any) -> None:
    assert "row 1, column evidence_as_of: " in refusal(column("evidence_as_of", values))


NOON = datetime(2022, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([date(2022, 3, 4)] * 3, pa.date32()), datetime(2022, 3, 4, tzinfo=UTC)),
        (pa.array([date(2022, 3, 4)] * 3, pa.date64()), datetime(2022, 3, 4, tzinfo=UTC)),
        (["2022-03-04"] * 3, datetime(2022, 3, 4, tzinfo=UTC)),
        (["2022-03-04T21:00:00.000001+09:00"] * 3, NOON + timedelta(microseconds=1)),
        ([b"2022-03-04T12:00:00Z"] * 3, NOON),
    ],
)
def test_a_time_means_the_same_in_every_type(values: Any, expected: datetime) -> None:
    assert read(column("evidence_as_of", values), "evidence_as_of") == [expected] * 3


def test_times_of_python_and_pandas_are_taken() -> None:
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    for values in (
        [NOON, tokyo, NOON.replace(tzinfo=None)],
        pd.Series([pd.Timestamp(NOON), NOON, "2022-03-04T12:00:00Z"], dtype=object),
        [np.datetime64("2022-03-04T12:00:00")] * 3,
    ):
        assert read(FRAME.assign(timestamp=values), "evidence_as_of") == [NOON] * 3
    ends = pd.Series([datetime.max, datetime.min, date.max], dtype=object)
    assert read(FRAME.assign(timestamp=ends), "evidence_as_of")[1] == datetime.min.replace(tzinfo=UTC)
    beyond = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))
    assert "row 2, column evidence_as_of: " in refusal(
        FRAME.assign(timestamp=pd.Series([None, beyond, ""], dtype=object))
    )


def test_nanoseconds_are_cut_off_towards_the_past_and_a_note_says_so() -> None:
    for counts in ([1_999, -1, -(2**63)], [END, 0, 1]):
        table = column("evidence_as_of", pa.array(counts).cast(pa.timestamp("ns", "UTC")))
        microseconds = CandidateConverter(table).columns()["evidence_as_of"].cast(pa.int64()).to_pylist()
        assert microseconds == [count // 1000 for count in counts]
        assert any("nanoseconds; they are cut off" in note for note in notes(table))
    text = column("evidence_as_of", ["2022-03-04T12:00:00.0000009Z"] * 3)
    assert any("nanoseconds" in note for note in notes(text))
    whole = column("evidence_as_of", pa.array([1_000] * 3).cast(pa.timestamp("ns")))
    assert not any("nanoseconds" in note for note in notes(whole))


def test_old_times_of_parquet_beyond_the_year_2262_are_refused_and_not_wrapped(tmp_path: Path) -> None:
    late = pa.array([BEHIND] * 3).cast(pa.timestamp("s"))
    path = tmp_path / "c.parquet"
    pq.write_table(column("evidence_as_of", late), path, use_deprecated_int96_timestamps=True, store_schema=False)
    assert "row 1, column evidence_as_of: 10000-01-01" in refusal(path)
    kept = pa.array([datetime(9999, 12, 31)] * 3, pa.timestamp("us"))
    pq.write_table(column("evidence_as_of", kept), path, use_deprecated_int96_timestamps=True, store_schema=False)
    assert read(path, "evidence_as_of") == [datetime(9999, 12, 31, tzinfo=UTC)] * 3


# --- texts ------------------------------------------------------------------------------------------------------

BAD = pa.StringArray.from_buffers(3, *pa.array([b"ok", b"\xff\xfe", b"ok"]).buffers()[1:3])


@pytest.mark.parametrize("name", [*BASE.column_names[:3], "feature_set_id", "git_commit", "score", "evidence_as_of"])
def test_bytes_that_are_no_text_are_refused_with_row_and_column(tmp_path: Path, name: str) -> None:
    path = tmp_path / "c.parquet"
    pq.write_table(column(name, BAD), path)
    for source in (path, column(name, BAD), column(name, BAD.dictionary_encode())):
        message = refusal(source)
        assert f"column {name}: " in message
        assert name in (*NUMBERS, "evidence_as_of") or r"row 2, column " + name + r": b'\xff\xfe'" in message


def test_bytes_that_are_no_text_are_refused_inside_lists_and_csv(tmp_path: Path) -> None:
    families = pa.ListArray.from_arrays([0, 1, 2, 3], BAD)
    assert "row 2, column failed_model_families: " in refusal(column("failed_model_families", families))
    path = csv_file(tmp_path, "feature_set_id", "x", "é", "x")
    path.write_bytes(path.read_bytes().decode().encode("latin-1"))
    assert r"row 2, column feature_set_id: b'\xe9' does not fit: it is no UTF-8 text" in refusal(path)


@pytest.mark.parametrize("name", ["target", "feature_set_id", "failed_model_families", "stability_metrics"])
def test_half_a_character_is_refused_with_row_and_column(tmp_path: Path, name: str) -> None:
    value: Any = ["a\ud800"] if name == "failed_model_families" else "a\ud800"
    frame = FRAME.assign(**{name: pd.Series([None, value, None], dtype=object)})
    literal = json.dumps(value)
    for source in (frame, json_file(tmp_path, name, "null", literal, "null")):
        assert f"row 2, column {name}: " in refusal(source)


@pytest.mark.parametrize("value", [1e30, 2.0**53, float("inf"), -1e300])
def test_a_float_that_stands_for_a_name_and_was_rounded_is_refused(value: float) -> None:
    assert "row 2, column symbol: " in refusal(column("symbol", [None, value, 1.0]))


def test_whole_numbers_of_every_type_are_names(tmp_path: Path) -> None:
    for values in (
        pa.array([None, 5, 6], pa.uint64()),
        pa.array([None, np.float16(5), np.float16(6)], pa.float16()),
        pa.array([None, 5.0, 6.0]),
        pa.array([float("nan"), 5.0, 6.0]),
        pa.array([None, Decimal(5), Decimal(6)], pa.decimal128(38, 2)),
    ):
        assert read(column("symbol", values), "symbol") == [None, "5", "6"]
    assert read(json_file(tmp_path, "symbol", "null", "1e30", "6.0"), "symbol") == [None, "1" + "0" * 30, "6"]


STABLE = pa.array(["STABLE"] * 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: column("stability", STABLE.cast(pa.large_string())),
        lambda: column("stability", STABLE.cast(pa.string_view())),
        lambda: column("stability", STABLE.cast(pa.binary())),
        lambda: column("stability", STABLE.cast(pa.large_binary())),
        lambda: column("stability", STABLE.cast(pa.binary()).cast(pa.binary_view())),
        lambda: column("stability", pa.array([b"STABLE"] * 3, pa.binary(6))),
        lambda: column("stability", STABLE.dictionary_encode()),
        lambda: column("stability", pa.DictionaryArray.from_arrays([0] * 3, STABLE[:1].cast(pa.string_view()))),
        lambda: column("stability", pa.DictionaryArray.from_arrays([0] * 3, STABLE[:1].cast(pa.binary()))),
        lambda: column("stability", pa.RunEndEncodedArray.from_arrays([3], ["STABLE"])),
        lambda: column("stability", pa.RunEndEncodedArray.from_arrays([3], STABLE[:1].cast(pa.string_view()))),
        lambda: FRAME.assign(stability=pd.Categorical(["STABLE"] * 3)),
        lambda: FRAME.assign(stability=pd.array(["STABLE"] * 3, dtype="string[pyarrow]")),
        lambda: FRAME.assign(stability=pd.Series([np.str_("STABLE"), b"STABLE", "STABLE"], dtype=object)),
        lambda: POLARS.with_columns(pl.col("stability").cast(pl.Categorical)),
        lambda: POLARS.with_columns(pl.col("stability").cast(pl.Enum(["STABLE", "DRIFTING"]))),
        lambda: POLARS.with_columns(pl.col("stability").cast(pl.Binary)),
        lambda: POLARS.with_columns(pl.Series("stability", ["STABLE"] * 3, dtype=pl.Object)),
    ],
)  # fmt: skip
def test_a_text_of_any_type_is_taken(make: Callable[[], Any]) -> None:
    assert read(make(), "stability") == ["STABLE"] * 3


@pytest.mark.parametrize(
    "values",
    [
        pa.array([["a"]] * 3, pa.list_(pa.string_view())),
        pa.array([["a"]] * 3, pa.large_list(pa.large_string())),
        pa.array([["a"]] * 3, pa.list_(pa.string(), 1)),
        pa.array([["a"]] * 3, pa.list_view(pa.string())),
        pa.array([[b"a"]] * 3, pa.list_(pa.binary())),
        pa.ListArray.from_arrays([0, 1, 2, 3], pa.array(["a"] * 3).dictionary_encode()),
        pa.array(['["a"]'] * 3).dictionary_encode(),
        pa.array([b"['a']"] * 3),
    ],
)
def test_a_list_of_texts_of_any_type_is_taken(values: Any) -> None:
    assert read(column("failed_model_families", values), "failed_model_families") == [["a"]] * 3


@pytest.mark.parametrize(
    "values",
    [
        pa.array([[("mean_tau", 0.5)]] * 3, pa.map_(pa.string(), pa.float64())),
        pa.array([{"mean_tau": np.float32(0.5)}] * 3),
        pa.array([{**dict.fromkeys(samples.METRICS), "mean_tau": Decimal("0.5")}] * 3),
        ['{"mean_tau": 0.5}'] * 3,
        ["{'mean_tau': 0.5}"] * 3,
    ],
)
def test_metrics_of_any_type_are_taken(values: Any) -> None:
    expected = {**dict.fromkeys(samples.METRICS), "mean_tau": 0.5}
    assert read(column("stability_metrics", values), "stability_metrics") == [expected] * 3


@pytest.mark.parametrize(
    "values",
    [
        pa.array([[("mean_tau", 0.1), ("mean_tau", 0.2)]] * 3, pa.map_(pa.string(), pa.float64())),
        pa.StructArray.from_arrays([pa.array([0.1] * 3)] * 2, names=["mean_tau", "mean_tau"]),
        ['{"mean_tau": 0.1, "mean_tau": 0.2}'] * 3,
        ["{'mean_tau': 0.1, 'mean_tau': 0.2}"] * 3,
    ],
)
def test_a_metric_given_twice_is_refused(values: Any) -> None:
    message = refusal(column("stability_metrics", values))
    assert "row 1, column stability_metrics: " in message
    assert "twice" in message


def test_a_text_of_metrics_that_is_huge_or_deep_is_refused() -> None:
    for text in ("[" * 90_000, "{" * 90_000, "-" * 90_000 + "1", " " * 200_000, '{"mean_tau": ' * 5000):
        assert "row 1, column stability_metrics: " in refusal(column("stability_metrics", [text] * 3))


# --- columns without values, and columns without use ---------------------------------------------------------------


OPTIONAL = (
    "feature_set_id", "failed_model_families", "stability_metrics", "evidence_as_of", "stability_snapshots",
    "task_type", "metric_name", "model_status", "git_commit",
)  # fmt: skip


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_column_without_values_is_taken_whatever_its_type(tmp_path: Path, name: str) -> None:
    nulls = [pa.nulls(3, kind) for kind in (pa.null(), pa.float64(), pa.bool_(), pa.timestamp("ns"), pa.date32())]
    sources = [
        column(name, values) for values in (*nulls, pa.array([float("nan")] * 3), pa.array([None, np.nan, None]))
    ]
    path = tmp_path / "c.parquet"
    pq.write_table(sources[0], path)
    sources += [path, POLARS.with_columns(pl.lit(None).alias(name)), json_file(tmp_path, name, *["null"] * 3)]
    sources += [FRAME.assign(**{name: value}) for value in (None, float("nan"), pd.NaT, pd.NA)]
    sources += [FRAME.assign(**{name: pd.Categorical([None] * 3)})]
    for source in sources:
        assert read(source, name) == [None] * 3


UNUSED: dict[str, Any] = {
    "sparse": lambda: FRAME.assign(x=pd.arrays.SparseArray([0, 0, 1])),
    "complex": lambda: FRAME.assign(x=[1j] * 3),
    "periods": lambda: FRAME.assign(x=pd.period_range("2020", periods=3, freq="D")),
    "long doubles": lambda: FRAME.assign(x=np.array([1, 2, 3], dtype=np.longdouble)),
    "objects": lambda: FRAME.assign(x=pd.Series([object(), 1, "a"], dtype=object)),
    "categories of tuples": lambda: FRAME.assign(x=pd.Categorical([(1, 2), (3, 4), (1, 2)])),
    "the same name twice": lambda: pd.concat([FRAME, pd.DataFrame({"x": [1] * 3}), pd.DataFrame({"x": ["a"] * 3})], axis=1),
    "a name that is none": lambda: pd.concat([FRAME, pd.DataFrame({5: [1] * 3, ("a", 1): [2] * 3})], axis=1),
    "Polars categories": lambda: POLARS.with_columns(pl.col("mode").cast(pl.Categorical).alias("x")),
    "Polars objects": lambda: POLARS.with_columns(pl.Series("x", [object()] * 3, dtype=pl.Object)),
    "Polars 128 bits": lambda: POLARS.with_columns(pl.lit(1, dtype=pl.Int128).alias("x")),
    "views in a dictionary": lambda: column(
        "x", pa.DictionaryArray.from_arrays([0] * 3, STABLE[:1].cast(pa.string_view()))
    ),
    "an extension": lambda: column("x", pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"a" * 16] * 3, pa.binary(16)))),
    "a union": lambda: column("x", pa.UnionArray.from_sparse(pa.array([0] * 3, pa.int8()), [pa.array([1, 2, 3])])),
    "bytes that are no text": lambda: column("x", BAD),
    "times out of range": lambda: column("x", pa.array([END] * 3).cast(pa.timestamp("s"))),
}  # fmt: skip


@pytest.mark.parametrize("what", UNUSED)
def test_a_column_without_use_is_not_looked_at(what: str) -> None:
    assert any("columns not used: " in note for note in notes(UNUSED[what]()))


def test_a_column_without_use_is_not_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    pq.write_table(column("x", pa.array(["x" * 1000] * 3)), path, compression="none", use_dictionary=False)
    content = path.read_bytes()
    place = content.index(b"x" * 1000)
    path.write_bytes(content[: place - 20] + b"\xff" * 1000 + content[place + 980 :])
    assert read(path, "stability") == ["STABLE"] * 3
    text = csv_file(tmp_path, "x", "é", "é", "é")
    text.write_bytes(text.read_bytes().decode().encode("latin-1"))
    assert read(text, "stability") == ["STABLE"] * 3
    assert read(json_file(tmp_path, "x", "1e999999999", "9" * 5000, '"\\ud800"'), "stability") == ["STABLE"] * 3


@pytest.mark.parametrize(
    "values",
    [
        [1j] * 3,
        pd.period_range("2020", periods=3, freq="D"),
        pd.Series([object()] * 3, dtype=object),
        pd.Categorical([(1, 2), (3, 4), (1, 2)]),
        pd.Series([Decimal("sNaN"), Decimal("NaN"), 10**400], dtype=object),
        pd.Series([np.bool_(True), 1, 2], dtype=object),
        [{"a": 1}] * 3,
        pd.to_timedelta([1, 2, 3]),
    ],
)
def test_a_column_that_cannot_be_what_it_must_be_is_named(values: Any) -> None:
    for name in ("score", "sample_size", "stability", "stability_metrics", "evidence_as_of", "failed_model_families"):
        message = refusal(FRAME.assign(**{name: values}))
        assert f"column {name}" in message
        assert "object at 0x" not in message
