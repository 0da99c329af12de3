from __future__ import annotations

import hashlib
import struct
from typing import Any

import pyarrow as pa
from hypothesis import given, strategies as st

from planstore.database.batches import encoded
from planstore.events.digest import RowsDigest

SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("number", pa.float64()),
        ("count", pa.int64()),
        ("small", pa.int32()),
        ("flag", pa.bool_()),
        ("names", pa.list_(pa.string())),
        ("pair", pa.struct([("a", pa.float64()), ("b", pa.string())])),
    ]
)
TEXT = st.none() | st.text(max_size=5)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": TEXT,
            "number": st.none() | st.floats(allow_nan=False),
            "count": st.none() | st.integers(-(2**63), 2**63 - 1),
            "small": st.none() | st.integers(-(2**31), 2**31 - 1),
            "flag": st.none() | st.booleans(),
            "names": st.none() | st.lists(TEXT, max_size=3),
            "pair": st.none() | st.fixed_dictionaries({"a": st.none() | st.floats(allow_nan=False), "b": TEXT}),
        }
    ),
    max_size=12,
)


def digest(table: pa.Table, chunk: int = 100) -> str:
    return RowsDigest.of(
        pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=chunk))
    ).hexdigest()


def text(table: pa.Table) -> str:
    return repr(table.to_pylist())  # because -0.0 and NaN are told apart in text alone


def column(values: list[Any], kind: Any) -> bytes:
    """The digest of a column as somebody else would write it, from the module's words alone."""
    streams = [bytes(value is not None for value in values)]
    children: list[bytes] = []
    if pa.types.is_string(kind):
        texts = [(value or "").encode() for value in values]
        streams += [b"".join(struct.pack("<Q", len(text)) for text in texts), b"".join(texts)]
    elif pa.types.is_list(kind):
        streams += [b"".join(struct.pack("<Q", len(value or [])) for value in values)]
        children = [column([item for value in values for item in value or []], kind.value_type)]
    elif pa.types.is_struct(kind):
        children = [column([(value or {}).get(f.name) for value in values], f.type) for f in kind.fields]
    else:
        code = {"double": "<d", "int64": "<q", "int32": "<i", "bool": "<?"}[str(kind)]
        streams += [b"".join(struct.pack(code, 0 if value is None else value) for value in values)]
    whole = b"".join(hashlib.sha256(stream).digest() for stream in streams) + b"".join(children)
    return hashlib.sha256(whole).digest()


@given(ROWS)
def test_twenty_lines_of_somebody_else_recompute_it(rows: list[dict[str, Any]]) -> None:
    lines = [f"{f.name}:{column([row[f.name] for row in rows], f.type).hex()}\n" for f in SCHEMA]
    assert digest(pa.Table.from_pylist(rows, SCHEMA)) == hashlib.sha256("".join(lines).encode()).hexdigest()


@given(ROWS, st.integers(1, 5), st.integers(0, 3))
def test_it_does_not_depend_on_how_rows_are_chunked_or_sliced(
    rows: list[dict[str, Any]], chunk: int, skip: int
) -> None:
    table = pa.Table.from_pylist(rows, SCHEMA)
    assert digest(table, chunk) == digest(table)
    padded = pa.concat_tables([table[:skip], table]).combine_chunks()[min(skip, len(rows)) :]
    assert digest(padded, chunk) == digest(table)


@given(ROWS, st.integers(1, 5), st.integers(0, 3))
def test_texts_kept_as_dictionaries_have_the_same_digest(rows: list[dict[str, Any]], chunk: int, skip: int) -> None:
    table = pa.Table.from_pylist(rows, SCHEMA)
    batches = [encoded(pa.Table.from_batches([batch])) for batch in table.to_batches(max_chunksize=chunk)]
    kept = pa.concat_tables(batches) if batches else encoded(table)
    assert not rows or pa.types.is_dictionary(kept.schema.field("names").type.value_type)
    assert digest(kept) == digest(table)
    assert digest(kept[skip:]) == digest(table[skip:])


@given(ROWS.filter(bool), st.data())
def test_it_changes_when_any_value_or_the_order_changes(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(SCHEMA.names))
    other = data.draw(ROWS.filter(bool))[0][name]
    changed = [dict(one) for one in rows]
    changed[row][name] = other
    before, after = pa.Table.from_pylist(rows, SCHEMA), pa.Table.from_pylist(changed, SCHEMA)
    backwards = before.take(list(reversed(range(len(rows)))))
    assert (digest(before) == digest(after)) == (text(before) == text(after))
    assert (digest(before) == digest(backwards)) == (text(before) == text(backwards))
