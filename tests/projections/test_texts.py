from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from planstore.projections.texts import target_pieces

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
