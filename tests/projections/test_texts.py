"""Pieces of the master plan are the jobs of each view, whether they are copied or stay where they are."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from planstore.projections.texts import job_pieces


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
