"""Texts as pieces of files: each job and target is there once, in its place, however the pieces are cut."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
from hypothesis import given, strategies as st

from planstore.projections.texts import job_pieces, target_pieces

ROWS = [(True, "A{"), (False, ",a"), (False, ",b"), (True, "B{"), (True, "C{"), (False, ",c"), (True, "D{")]
WITHOUT_SYMBOLS, WITH_SYMBOLS = "}\n    },\n", "\n      }\n    },\n"


@given(cuts=st.sets(st.integers(1, len(ROWS) - 1)))
def test_targets_are_closed_wherever_batches_end(cuts: set[int]) -> None:
    rows = pa.table({"opens": [opens for opens, _ in ROWS], "text": [text for _, text in ROWS]})
    written, closing = b"", b""
    bounds = [0, *sorted(cuts), len(ROWS)]
    for first, end in pairwise(bounds):
        [batch] = rows.slice(first, end - first).to_batches()
        pieces, closing = target_pieces(batch, closing)
        written += b"".join(pieces)
    assert (written + closing).decode() == (
        f"A{{a,b{WITH_SYMBOLS}B{{{WITHOUT_SYMBOLS}C{{c{WITH_SYMBOLS}D{{{WITHOUT_SYMBOLS}"
    )


@given(
    texts=st.lists(st.binary(max_size=5), min_size=1, max_size=12),
    copied=st.integers(1, 20),
    data=st.data(),
)
def test_pieces_are_the_texts_of_the_jobs_in_order(texts: list[bytes], copied: int, data: st.DataObject) -> None:
    jobs = st.lists(st.integers(1, len(texts)), min_size=1, max_size=12)
    lists = data.draw(st.lists(jobs, max_size=6))
    skipped = data.draw(st.integers(0, len(lists)))
    found = job_pieces(pa.array(lists, pa.list_(pa.int32())).slice(skipped), pa.array(texts, pa.large_binary()), copied)
    assert [b"".join(pieces) for pieces in found] == [
        b"".join(texts[job - 1] for job in of_view) for of_view in lists[skipped:]
    ]
