"""Every value of every type that the database has comes out of ``planstore sql`` as it is, or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import orjson
import pytest
from hypothesis import given, settings, strategies as st

from planstore import QueryError
from planstore.cli.results import Format, write
from planstore.database.query_bounds import Bounds

OF_39_DIGITS = (
    "170141183460469231731687303715884105727",
    "170141183460469231731687303715884105728",
    "340282366920938463463374607431768211455",
)
EXAMPLES = 60 * int(os.environ.get("PLANSTORE_EXAMPLES", "1"))
LEAVES = {
    "BOOLEAN": ("true", "false"),
    "TINYINT": ("-128", "127"),
    "SMALLINT": ("-32768", "32767"),
    "INTEGER": ("-2147483648", "2147483647"),
    "BIGINT": ("-9223372036854775808", "9223372036854775807", "9007199254740993"),
    "UTINYINT": ("0", "255"),
    "USMALLINT": ("65535",),
    "UINTEGER": ("4294967295",),
    "UBIGINT": ("18446744073709551615",),
    "HUGEINT": (f"-{OF_39_DIGITS[1]}", OF_39_DIGITS[0], "5"),
    "UHUGEINT": (OF_39_DIGITS[2], "18446744073709551616", "0"),
    "BIGNUM": ("1" * 60, "-7"),
    "FLOAT": ("0.1", "-3.4028235e38", "nan", "inf", "1e-45", "-0.0"),
    "DOUBLE": ("0.1", "1.7976931348623157e308", "5e-324", "nan", "-inf", "-0.0", "1e22", "123456789012345680"),
    "DECIMAL(4, 1)": ("-999.9", "0.0"),
    "DECIMAL(18, 6)": ("0.540000", "999999999999.999999"),
    "DECIMAL(38, 10)": ("9999999999999999999999999999.9999999999", "0.1"),
    "DECIMAL(38, 0)": ("99999999999999999999999999999999999999",),
    "VARCHAR": (
        "",
        "NULL",
        "nan",
        "a\x00b",
        "\u2028\r\n\t\"'\\",
        "日本😀",
        "2025-01-02 03:04:05+00",
        "123456789012345678901",
    ),
    "BLOB": ("", "\\x00\\xFF", "a\\x5Cb", "\\x22,"),
    "BIT": ("0", "0101011", "1" * 70),
    "DATE": ("2025-01-02", "infinity", "-infinity", "5881580-07-10", "0044-03-15 (BC)"),
    "TIME": ("00:00:00", "23:59:59.999999", "24:00:00"),
    "TIME_NS": ("12:00:00.123456789",),
    "TIMETZ": ("12:00:00+15:59:59", "24:00:00-15:59:59", "00:00:00.000001+00"),
    "TIMESTAMP_S": ("2025-01-02 03:04:05", "infinity", "294247-01-10 04:00:54"),
    "TIMESTAMP_MS": ("2025-01-02 03:04:05.678", "-infinity"),
    "TIMESTAMP": ("2025-01-02 03:04:05.678901", "infinity", "290309-12-22 (BC) 00:00:00", "1969-12-31 23:59:59"),
    "TIMESTAMP_NS": ("2262-04-11 23:47:16.854775806", "1677-09-22 00:00:00", "infinity"),
    "TIMESTAMPTZ": ("2025-01-02 03:04:05.678901+00", "infinity", "0001-01-01 00:00:00+00"),
    "INTERVAL": ("1 month", "83 years 3 months 999 days 00:16:39.999999", "-1 days", "00:00:00"),
    "UUID": ("ffffffff-ffff-ffff-ffff-ffffffffffff",),
    "ENUM('a', 'it''s', '')": ("a", "it's", ""),
    "JSON": ('{"a":[1,null,"x"]}', '"text"', '{"a":{"b":0.1}}'),
    "GEOMETRY": ("POINT (1 2)", "LINESTRING (0 0, 1 1.5)"),
}
"""Types, and texts that the database makes their values from: the ends of each, and what could be taken for others."""
NOT_IN_PARQUET = ("BIGNUM", "BIT", "TIME_NS", "TIMETZ", "INTERVAL", "GEOMETRY", "UNION", "VARIANT")
UNREAD = ("UNION", "VARIANT", "GEOMETRY", "BIGNUM", "BIT", "BLOB", "TIME_NS")
"""Types of which the database reads no nested values back from JSON."""


@dataclass(frozen=True)
class Value:
    """A type, and an expression that is a value of it."""

    kind: str
    text: str
    leaf: str
    """The innermost value in it."""

    @property
    def is_nested(self) -> bool:
        return self.kind.endswith("]") or self.kind.startswith(("STRUCT", "MAP", "UNION"))


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\x00", "' || chr(0) || '") + "'"


@st.composite
def leaves(draw: st.DrawFn) -> Value:
    kind = draw(st.sampled_from(sorted(LEAVES)))
    text = draw(st.sampled_from(LEAVES[kind]))
    value = draw(st.sampled_from([f"cast(({quoted(text)}) as {kind})"] * 4 + [f"cast(null as {kind})"]))
    return Value(kind, value, value)


@st.composite
def nested(draw: st.DrawFn, inner: st.SearchStrategy[Value]) -> Value:
    one = draw(inner)
    form = draw(st.sampled_from(["list", "array", "struct", "map", "union"]))
    if form == "list":
        items = draw(st.sampled_from([f"[{one.text}, null]", "[]", f"[{one.text}, {one.text}]"]))
        return Value(f"{one.kind}[]", f"cast({items} as {one.kind}[])", one.leaf)
    if form == "array":
        return Value(f"{one.kind}[2]", f"cast([{one.text}, null] as {one.kind}[2])", one.leaf)
    if form == "struct":
        kind = f'STRUCT("a b" {one.kind}, n VARCHAR)'
        return Value(kind, f"cast({{'a b': {one.text}, 'n': null}} as {kind})", one.leaf)
    if form == "map":
        return Value(f"MAP(VARCHAR, {one.kind})", f"map(['k', 'NaN'], [{one.text}, {one.text}])", one.leaf)
    return Value(f"UNION(k {one.kind})", f"union_value(k := {one.text})", one.leaf)


values = st.recursive(leaves(), nested, max_leaves=3)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def written(relation: duckdb.DuckDBPyRelation, form: Format) -> bytes:
    file = io.BytesIO()
    write(relation, form, None, Bounds(relation.close), file)
    return file.getvalue()


def same(database: duckdb.DuckDBPyConnection, value: Value, found: str, source: str = "(select 1)") -> bool:
    """Return whether an expression over a source is the value, to the last sign of its text."""
    found = f"cast({found} as {value.kind})::varchar"
    query = f"select ({value.text})::varchar is not distinct from {found} from {source}"
    return bool(database.sql(query).fetchall()[0][0])


def same_json(database: duckdb.DuckDBPyConnection, value: Value, text: str) -> bool:
    """Return whether a JSON text is the value, as far as the database reads such values."""
    if not any(kind in value.kind for kind in UNREAD):
        return same(database, value, f"{quoted(text)}::json")
    ((leaf,),) = database.sql(f"select coalesce(to_json({value.leaf})::varchar, 'null')").fetchall()
    return leaf.strip('"') in text or "[]" in text


@settings(max_examples=EXAMPLES)
@given(found=st.lists(values, min_size=1, max_size=6))
def test_a_value_of_any_type_comes_back_from_every_format(
    database: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory, found: list[Value]
) -> None:
    query = f"select 1 as one, {', '.join(f'{value.text} as c{i}' for i, value in enumerate(found))}"
    relation = database.sql(query)
    (nulls,) = database.sql(f"select {', '.join(f'({value.text}) is null' for value in found)}").fetchall()

    _, (_, *cells) = csv.reader(io.StringIO(written(relation, Format.CSV).decode(), newline=""))
    for value, cell, null in zip(found, cells, nulls, strict=True):
        if null:
            assert cell == ""
        elif value.is_nested:
            assert same_json(database, value, cell), cell
        else:
            assert same(database, value, f"({quoted(cell)})"), cell

    raw = written(relation, Format.JSON)
    orjson.loads(raw)
    (row,) = json.loads(raw, parse_float=Decimal, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    for value, cell, text, null in zip(found, list(row.values())[1:], cells, nulls, strict=True):
        if null:
            assert cell is None
        elif value.is_nested or value.kind == "JSON":
            assert cell == json.loads(text, parse_float=Decimal)
        else:
            assert same(database, value, f"({quoted(str(cell))})"), cell

    table = written(relation, Format.TABLE).decode()
    assert "\x1b" not in table

    if any(kind in value.kind for value in found for kind in NOT_IN_PARQUET):
        with pytest.raises(QueryError, match=r"column c\d is of a type that parquet cannot hold exactly"):
            written(relation, Format.PARQUET)
        return
    if any(number in query for number in OF_39_DIGITS):
        with pytest.raises(QueryError, match="Could not cast value"):
            written(relation, Format.PARQUET)
        return
    file = tmp_path_factory.mktemp("formats") / "x.parquet"
    file.write_bytes(written(relation, Format.PARQUET))
    for i, value in enumerate(found):
        assert same(database, value, f"c{i}", f"read_parquet('{file}')")


def test_a_number_that_readers_of_json_would_round_is_a_text(database: duckdb.DuckDBPyConnection) -> None:
    query = """
        select 0.5 as half, 0.1::decimal(38, 20) as tenth, 999999999999.999999 as long, 18446744073709551615 as most,
            18446744073709551616 as more, [1::hugeint << 100] as list, {'a': 'NaN'::double, 'b': 'NaN'} as struct,
            '{"n": 12345678901234567890123, "t": "12345678901234567890123", "e": 1e400}'::json as json
    """
    (row,) = orjson.loads(written(database.sql(query), Format.JSON))
    assert row == {
        "half": 0.5,
        "tenth": 0.1,
        "long": "999999999999.999999",
        "most": 18446744073709551615,
        "more": "18446744073709551616",
        "list": ["1267650600228229401496703205376"],
        "struct": {"a": "NaN", "b": "NaN"},
        "json": {"n": "12345678901234567890123", "t": "12345678901234567890123", "e": "1e400"},
    }


def test_times_are_iso_8601_and_what_is_none_is_the_databases_text(database: duckdb.DuckDBPyConnection) -> None:
    query = """
        select timestamp '2025-01-02 03:04:05.5' as a, timestamptz '2025-01-02 03:04:05+00' as b, date 'infinity' as c,
            timestamptz '-infinity' as d, '2025-01-02 03:04:05+00' as e
    """
    (row,) = orjson.loads(written(database.sql(query), Format.JSON))
    assert list(row.values()) == [
        "2025-01-02T03:04:05.5",
        "2025-01-02T03:04:05+00:00",
        "infinity",
        "-infinity",
        "2025-01-02 03:04:05+00",
    ]


def test_a_type_that_json_has_no_words_for_is_refused_before_the_first_row(database: duckdb.DuckDBPyConnection) -> None:
    for query, kind in (
        ("[{'a': row(1, 'x')}]", "STRUCT without names"),
        ("{'a': 1::variant}", ".*VARIANT"),
    ):
        for form in (Format.CSV, Format.JSON, Format.PARQUET):
            file = io.BytesIO()
            with pytest.raises(QueryError, match=f"column r is of a type that {form} cannot hold exactly, {kind}"):
                write(database.sql(f"select {query} as r"), form, None, Bounds(lambda: None), file)
            assert file.getvalue() == b""


def test_a_variant_is_what_it_holds(database: duckdb.DuckDBPyConnection) -> None:
    relation = database.sql("select 1::variant as a, '1'::variant as b, {'x': [true]}::variant as c")
    assert orjson.loads(written(relation, Format.JSON)) == [{"a": 1, "b": "1", "c": {"x": [True]}}]
