"""Any input is used, or refused with an error of planstore's own.

`PLANSTORE_EXAMPLES=100 pytest --hypothesis-profile=explore tests/test_fuzz.py` looks long for what is not.
"""

from __future__ import annotations

import inspect
import json
import math
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st
from typer.main import get_command
from typer.testing import CliRunner

import planstore
import samples
from planstore import PlanstoreError, Store
from planstore.audit.policy_cases import try_cases
from planstore.cli.verbs import app
from planstore.routing.candidates import read_candidates
from planstore.routing.policy import Policy
from planstore.routing.policy_reader import KIND, check_patterns, read_policy
from planstore.training.families import load_families
from planstore.training.panel.panel import Panel

FACTOR = int(os.environ.get("PLANSTORE_EXAMPLES", "1"))
LONGEST = 20_000
"""The longest message, in characters."""


@contextmanager
def refusals() -> Iterator[None]:
    """Let errors of planstore's own pass, when they say something and not too much; any other fails."""
    said = "nothing to say"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PlanstoreError as error:
        said = str(error)
    except ValueError as error:
        if str(error) != "the training plan has no jobs":  # because the recorded reference raises it
            raise
    assert 0 < len(said) < LONGEST
    assert "object at 0x" not in said


def examples(count: int) -> settings:
    return settings(max_examples=count * FACTOR)


# --- bytes of files ---------------------------------------------------------------------------------------------

WORDS = (
    "", " ", ",", ":", ": ", "\n", "\r", "\t", "\0", '"', "'", "[", "]", "{", "}", "- ", "#", "&a ", "*a",
    "<<: ", "!!int ",
    "!!set ", "|", "~", "null", "true", "NaN", ".inf", "-Infinity", "-0.0", "1e999", "1e-3", "010", "1:30",
    "0x1F", "-1", "1.5",
    "9" * 30, "9" * 5000, "2024-02-30", "10000-01-01", "0001-01-01T00:00:00+01:00", "infinity", "\\ud800",
    "\\x00", "é", "📈",
    "score", "target", "symbol", "routing", "families", "STABLE", "ROUTE_BOTH", "(\\d+", "[[", "x" * 2000, "[" * 2000,
)  # fmt: skip
ODD_BYTES = (b"\xff", b"\xfe\xff", b"\x00" * 8, b"\xc3", b"\xed\xa0\x80", b"\xff\xff\xff\x7f", b"\x80" * 9, b"PAR1")
PIECES = st.sampled_from([word.encode() for word in WORDS]) | st.sampled_from(ODD_BYTES) | st.binary(max_size=6)
CHANGES = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(["put", "insert", "cut", "end", "twice"]), PIECES),
    min_size=1,
    max_size=4,
)


def changed(content: bytes, changes: Sequence[tuple[float, str, bytes]]) -> bytes:
    """Return ``content`` after a few changes at places between its beginning (0) and its end (1)."""
    for where, how, piece in changes:
        place = int(where * (len(content) + 1))
        head, tail = content[:place], content[place:]
        if how == "put":
            content = head + piece + tail[len(piece) :]
        elif how == "insert":
            content = head + piece + tail
        elif how == "cut":
            content = head + tail[1 + len(piece) :]
        elif how == "end":
            content = head + piece
        else:
            content = head + tail[:40] + tail
    return content


FULL = samples.table(
    [
        row
        | {
            "failed_model_families": ["a"],
            "stability_metrics": dict.fromkeys(samples.METRICS, 0.5),
            "timestamp": datetime(2022, 1, 1),
        }
        for row in samples.records(1, 2)
    ]
)


def candidate_files(folder: Path) -> dict[str, bytes]:
    """Return good candidates in every format."""
    frame = FULL.to_pandas()
    text = frame.assign(
        failed_model_families='["a"]', stability_metrics='{"mean_tau": 0.5}', timestamp="2022-01-01T00:00:00Z"
    )
    pa.parquet.write_table(FULL, folder / "flat.parquet", compression="none", use_dictionary=False)
    frame.to_parquet(folder / "c.parquet")
    text.to_csv(folder / "c.csv", index=False)
    (folder / "c.json").write_text(text.to_json(orient="records"), encoding="utf-8")
    (folder / "c.jsonl").write_text(text.to_json(orient="records", lines=True), encoding="utf-8")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("files")
    return folder, candidate_files(folder)


@pytest.mark.parametrize("name", ["c.parquet", "flat.parquet", "c.csv", "c.json", "c.jsonl"])
def test_candidates_of_any_bytes(files: tuple[Path, dict[str, bytes]], name: str) -> None:
    folder, contents = files

    @examples(20)
    @given(CHANGES, st.booleans())
    def any_bytes(changes: Any, strict: bool) -> None:
        path = folder / f"changed-{name}"
        path.write_bytes(changed(contents[name], changes))
        with refusals():
            read_candidates(path, strict=strict)

    any_bytes()


def panel_files(folder: Path) -> dict[str, bytes]:
    days = pd.date_range("2020-01-01", periods=30)
    frame = pd.DataFrame({"date": days, "symbol": "A", "f": np.arange(30.0), "y_up_5d": np.arange(30) % 2})
    frame.to_parquet(folder / "p.parquet", compression=None)
    frame.to_csv(folder / "p.csv", index=False)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["p.parquet", "p.csv"])
def test_a_panel_of_any_bytes(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("panel")
    content = panel_files(folder)[name]

    @examples(15)
    @given(CHANGES)
    def any_bytes(changes: Any) -> None:
        path = folder / f"changed-{name}"
        path.write_bytes(changed(content, changes))
        with refusals():
            Panel.read(path)

    any_bytes()


CASES = """\
- title: mine
  target: y_10m
  symbol: A
  families: [lightgbm]
  cross_sectional: {score: 0.7, null_score: 0.5}
  local: {score: 0.7, sample_size: 5000, stability_metrics: {mean_tau: 0.5}}
  expect: ROUTE_BOTH
"""
FAMILIES = """\
families:
  mine: &mine
    stage: cpu
    estimators: {regression: sklearn.linear_model.Ridge}
    prepare: [impute, scale]
    parameters: {alpha: 1.0}
  other: {<<: *mine, members: [mine], symbol_parameters: {alpha: 2}}
"""
POLICY = (
    samples.POLICY_YAML
    + """\
  semantics: strict
  horizon: {patterns: [{regex: '(\\d+)d', multiplier: 390}], same_day: 390}
  families: [{use: [lightgbm], target: 'y_*', priority: 2}]
  experimental: {min_score: {classification: 0.5, regression: {default: 0.1, short: 0.2}}}
"""
)


def use_policy(path: Path) -> None:
    policy, _ = read_policy(path)
    check_patterns(policy)
    assert len(policy.policy_id) == 64


DOCUMENTS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "policy": (POLICY, use_policy),
    "cases": (CASES, lambda path: try_cases(samples.policy(), path)),
    "families": (FAMILIES, load_families),
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_of_any_bytes(tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    path = tmp_path_factory.mktemp("documents") / "d.yaml"
    text, use = DOCUMENTS[kind]

    @examples(40)
    @given(CHANGES)
    def any_bytes(changes: Any) -> None:
        path.write_bytes(changed(text.encode(), changes))
        with refusals():
            use(path)

    any_bytes()


# --- values -----------------------------------------------------------------------------------------------------

TEXTS = (
    st.sampled_from(WORDS) | st.text(max_size=8) | st.sampled_from(["\ud800", "a\udfffb", "a\0b", "../x", "y_up_10m"])
)
TIMES = st.sampled_from(
    [
        datetime(2022, 1, 1), datetime.max, datetime.min, datetime.max.replace(tzinfo=timezone(-timedelta(hours=5))),
        date.max, date(2022, 1, 1), timedelta.max, timedelta(1), pd.NaT, pd.Timestamp.max, np.datetime64("NaT"),
        np.datetime64(2**62, "s"), pd.Period("2022-01"),
    ]
)  # fmt: skip
NUMBERS = st.sampled_from(
    [
        0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**400, -0.0, 0.5, 1e300, math.inf, math.nan,
        1j, Decimal("0.54"),
        Decimal("sNaN"), Decimal("1e999999"), np.float32(0.1), np.uint64(2**64 - 1), np.bool_(True),
        np.longdouble(0.5), True,
    ]
)  # fmt: skip
HUGE = st.builds(pow, st.just(10), st.just(5000))  # because hypothesis prints what it samples from
SCALARS = st.none() | TEXTS | TIMES | NUMBERS | HUGE | st.binary(max_size=4) | st.builds(object)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.integers(0, 3), inner, max_size=3),
    max_leaves=6,
)


@examples(30)
@given(st.recursive(ANYTHING, lambda inner: st.fixed_dictionaries({"routing": inner}), max_leaves=2))
def test_a_policy_of_any_value(value: Any) -> None:
    with refusals():
        read_policy(value)


@examples(80)
@given(st.data())
def test_a_policy_with_any_value_in_the_place_of_one(data: st.DataObject) -> None:
    good = samples.policy(
        semantics=data.draw(st.sampled_from(["strict", "reference"])),
        horizon={"patterns": [{"regex": r"(\d+)d", "multiplier": 390}], "same_day": 390},
        families=[{"use": ["lightgbm"], "target": "y_*", "symbol": "A", "priority": 2}],
        experimental={"min_score": {"classification": 0.5, "regression": {"default": 0.1}}},
    )
    place: Any = good["routing"]
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(ANYTHING)
    with refusals():
        policy, _ = read_policy(good)
        check_patterns(policy)
        assert len(policy.policy_id) == 64


@examples(20)
@given(st.text(st.characters(exclude_categories=[]), max_size=30) | st.sampled_from(WORDS))
def test_a_policy_of_any_text(text: str) -> None:
    with refusals():
        KIND.parse(text, "here", Policy)


KINDS = (
    pa.null(), pa.bool_(), pa.int8(), pa.uint64(), pa.float16(), pa.float64(), pa.decimal128(38, 3),
    pa.decimal256(60, 20),
    pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.binary_view(), pa.date32(), pa.date64(),
    pa.time64("ns"),
    pa.timestamp("s"), pa.timestamp("ms", "Asia/Tokyo"), pa.timestamp("us", "UTC"), pa.timestamp("ns", "+05:30"),
    pa.duration("us"), pa.list_(pa.string()), pa.large_list(pa.binary()), pa.list_(pa.float64(), 2),
    pa.map_(pa.string(), pa.float64()), pa.struct([("mean_tau", pa.float64()), ("x", pa.string())]),
    pa.month_day_nano_interval(), pa.dictionary(pa.int32(), pa.string_view()), pa.run_end_encoded(pa.int32(),
    pa.string()),
)  # fmt: skip


def arrow_column(kind: pa.DataType, counts: Sequence[int], rows: int) -> Any:
    """Return a column of a type that holds ``counts``, as bits where the type has 64, and nulls where it has not."""
    counts = [counts[row % len(counts)] for row in range(rows)]
    if pa.types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["STABLE"], pa.string_view()))
    if pa.types.is_run_end_encoded(kind):
        return pa.RunEndEncodedArray.from_arrays(pa.array([rows], pa.int32()), pa.array(["STABLE"]))
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        data = [count.to_bytes(9, "little", signed=True).strip(b"\0") for count in counts]
        array = pa.array(data, pa.binary())
        return array if kind == pa.binary() else pa.StringArray.from_buffers(rows, *array.buffers()[1:3])
    if pa.types.is_map(kind):
        return pa.array(
            [[("mean_tau", 0.5), (str(count % 3), 1.0), ("mean_tau", 0.5)][: count % 4] for count in counts], kind
        )
    wide = pa.array(counts, pa.int64())
    if pa.types.is_timestamp(kind) or pa.types.is_date64(kind) or pa.types.is_duration(kind):
        return wide.cast(kind)
    if pa.types.is_floating(kind):
        return pa.array(np.array(counts).view(np.float64)).cast(kind)
    try:
        return wide.cast(kind)
    except pa.ArrowException:
        return pa.nulls(rows, kind)


COUNTS = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 10), min_size=1, max_size=3)


@examples(60)
@given(st.data())
def test_candidates_with_columns_of_any_type(data: st.DataObject) -> None:
    table = FULL
    for name in data.draw(
        st.lists(st.sampled_from([*FULL.column_names, "stability_snapshots", "x"]), min_size=1, max_size=3)
    ):
        column = arrow_column(data.draw(st.sampled_from(KINDS)), data.draw(COUNTS), FULL.num_rows)
        place = table.column_names.index(name) if name in table.column_names else table.num_columns
        table = (
            table.append_column(name, column) if place == table.num_columns else table.set_column(place, name, column)
        )
    with refusals():
        read_candidates(table, strict=data.draw(st.booleans()))


@examples(60)
@given(st.data())
def test_candidates_with_any_values(data: st.DataObject) -> None:
    names = data.draw(
        st.lists(st.sampled_from([*FULL.column_names, "stability_snapshots", "x"]), min_size=1, max_size=3)
    )
    columns = {name: data.draw(st.lists(ANYTHING, min_size=3, max_size=3)) for name in names}
    frame: Any = pd.DataFrame(FULL.to_pylist())
    frame = frame.assign(**{name: pd.Series(values, dtype=object) for name, values in columns.items()})
    if data.draw(st.booleans()):
        frame = pl.DataFrame({name: pl.Series(list(frame[name]), dtype=pl.Object) for name in frame})
    with refusals():
        read_candidates(frame, strict=data.draw(st.booleans()))


@examples(40)
@given(ANYTHING, st.sampled_from(["metadata", "jobs", "summary", "job_id", "target", "model_families", "priority"]))
def test_a_plan_document_of_any_value(value: Any, key: str) -> None:
    job = {"job_id": "j", "target": "t", "symbol": None, "route": "ROUTE_BOTH", "training_type": "symbol_specific"}
    plan: dict[str, Any] = {"metadata": {}, "jobs": [job], "summary": {}}
    (plan if key in plan else job)[key] = value
    for helper in (planstore.get_cs_jobs, planstore.validate_training_plan, planstore.get_training_plan_summary):
        with refusals():
            helper(plan)
    with refusals():
        planstore.compare_training_plans(plan, plan)
    with refusals():
        planstore.filter_targets_by_training_plan(["t"], plan, train_everything=True)


# --- calls ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def used(shared_store: Store) -> Store:
    shared_store.route(samples.table(samples.records(2, 2)), samples.policy(), run_id="first")
    shared_store.overrides.set("y_up_01_10m", None, "ROUTE_BLOCKED", reason="because")
    return shared_store


GOOD = {
    "target": "y_up_01_10m", "symbol": "SYM00", "route": "ROUTE_BLOCKED", "reason": "because", "query": "from plans",
    "candidates": FULL, "policy": samples.policy(), "a": "first", "b": "1", "when": 1, "plan": {"jobs": []},
    "plan1": {"jobs": []},
    "plan2": {"jobs": []}, "targets": ["y_up_01_10m"], "symbols": ["SYM00"], "folder": "nowhere", "results": "nowhere",
}  # fmt: skip
METHODS = [
    name
    for name, method in vars(Store).items()
    if callable(method)
    and not name.startswith("_")
    and name not in ("close", "interrupt", "backup", "compact", "rebuild")
]
FUNCTIONS = [
    name
    for name in planstore.__all__
    if inspect.isfunction(getattr(planstore, name)) and name not in ("open", "print_training_plan_summary")
]


def arguments(call: Any, data: st.DataObject) -> dict[str, Any]:
    """Return arguments for a call, one of them of any value."""
    parameters = [name for name in inspect.signature(call).parameters if name not in ("self", "query", "parameters")]
    given = {name: GOOD[name] for name in parameters if name in GOOD}
    if parameters:
        given[data.draw(st.sampled_from(parameters))] = data.draw(ANYTHING)
    return given


@examples(80)
@given(data=st.data())
def test_a_method_with_any_argument(used: Store, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(METHODS))
    method = getattr(used, name)
    named = arguments(method, data)
    with refusals():
        if name == "sql":
            query = data.draw(st.sampled_from(["select $x", "from plans where plan_id = $x", "select 1"]) | ANYTHING)
            method(query, x=data.draw(ANYTHING)).fetchall()
        else:
            method(**named)


@examples(40)
@given(data=st.data())
def test_a_function_with_any_argument(data: st.DataObject) -> None:
    call = getattr(planstore, data.draw(st.sampled_from(FUNCTIONS)))
    with refusals():
        call(**arguments(call, data))


def test_every_public_call_checks_its_arguments() -> None:
    calls = [getattr(Store, name) for name in METHODS] + [getattr(planstore, name) for name in FUNCTIONS]
    unchecked = [
        call.__qualname__
        for call in [*calls, planstore.open]
        if len(inspect.signature(call).parameters) > (call.__qualname__.startswith("Store."))
        and not hasattr(call, "__wrapped__")
    ]
    assert unchecked == []


# --- the command line -------------------------------------------------------------------------------------------

VERBS = [
    ["init"], ["route"], ["plan"], ["status"], ["jobs"], ["log"], ["why"], ["history"], ["diff"], ["whatif"],
    ["sql"], ["export"],
    ["verify"], ["anchor"], ["override", "set"], ["override", "list"], ["override", "clear"], ["policy",
    "test"], ["evidence"],
    ["train"],
]  # fmt: skip
CLI_WORDS = (
    "y_up_01_10m", "SYM00", "ROUTE_BLOCKED", "first", "1", "2", "latest", "", "\udcff", "a\udcfeb", "..", "-1",
    "1.5", "nan",
    "inf", "1e400", "9" * 30, "9999-12-31T23:59:59-05:00", "10000-01-01", "2024-02-30", "2020-01-01T00:00:00.5+01:00",
    "c.parquet", "p.yaml", "nosuch", "x" * 5000, "select 1", "select", "select $x", "x=1", "=", "x=\udcff",
    "json", "\u202e",
    "1..2", "[", "\n", "lightgbm", "é", "ray",
)  # fmt: skip


def options(verb: Sequence[str]) -> list[tuple[str, bool]]:
    """Return the options of a verb, and whether each stands alone."""
    command: Any = get_command(app)
    for word in verb:
        command = command.commands[word]
    return [
        (parameter.opts[-1], parameter.is_flag)
        for parameter in command.params
        if parameter.param_type_name == "option" and parameter.opts[-1] != "--watch"
    ]


OPTIONS = {tuple(verb): options(verb) for verb in VERBS}


@examples(50)
@given(data=st.data())
def test_a_command_line_of_any_words(
    used: Store, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    verb = data.draw(st.sampled_from(VERBS))
    words = [*verb, *data.draw(st.lists(st.sampled_from(CLI_WORDS), max_size=3))]
    for option, stands_alone in data.draw(st.lists(st.sampled_from(OPTIONS[tuple(verb)]), max_size=2, unique=True)):
        words += [option] if stands_alone else [option, data.draw(st.sampled_from(CLI_WORDS))]
    where = Path.cwd()
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    try:
        with refusals():
            done = CliRunner().invoke(app, words, env={"PLANSTORE_RESULTS": str(used.results)})
            if done.exception is not None and not isinstance(done.exception, SystemExit):
                raise done.exception
    finally:
        os.chdir(where)


def test_json_of_any_depth_is_refused(tmp_path: Path) -> None:
    for name in ("master_training_plan.json", "training_plan.json"):
        (tmp_path / name).write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(planstore.PlanFileError, match="cannot be read"):
        planstore.load_training_plan(tmp_path)
    (tmp_path / "master_training_plan.json").write_text(json.dumps({"jobs": [], "metadata": 5}), encoding="utf-8")
    with pytest.raises(planstore.PlanFileError, match="`metadata` must be an object, got 5"):
        planstore.load_training_plan(tmp_path)
