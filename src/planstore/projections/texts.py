"""Texts that the database makes, as pieces of files: never taken apart, and copied only as they are written."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, BinaryIO

from planstore.projections.publish import Buffer

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_CLOSING, _CLOSING_WITHOUT_SYMBOLS = b"\n      }\n    },\n", b"}\n    },\n"
"""What closes a target of the routing plan."""


def stretches(jobs: np.ndarray[Any, Any], ends: np.ndarray[Any, Any]) -> Iterator[tuple[int, int]]:
    """Yield the parts of the master plan that hold these jobs; neighbours there are one part."""
    import numpy as np

    breaks = np.flatnonzero(np.diff(jobs) != 1) + 1
    firsts = jobs[np.concatenate(([0], breaks))] - 1
    lasts = jobs[np.concatenate((breaks - 1, [len(jobs) - 1]))]
    yield from zip(ends[firsts].tolist(), ends[lasts].tolist(), strict=True)


def target_pieces(batch: pa.RecordBatch, closing: bytes) -> tuple[list[Buffer], bytes]:
    """Return what decisions add to the routing plan, and what closes the target that is open after them.

    ``closing`` is what closes the target that is open before them.
    """
    import numpy as np

    offsets, data = text_buffers(batch.column(1))
    starts = offsets - offsets[0]
    opening = np.flatnonzero(batch.column(0).to_numpy(zero_copy_only=False)).tolist()
    pieces: list[Buffer] = []
    for row, end in pairwise([-1, *opening, batch.num_rows]):
        if row >= 0:
            pieces += [closing, data[starts[row] : starts[row + 1]]]
            closing = _CLOSING_WITHOUT_SYMBOLS
        symbols = data[starts[row + 1] : starts[end]]
        if symbols:
            # because no comma comes before the first one
            pieces.append(symbols[1:] if closing == _CLOSING_WITHOUT_SYMBOLS else symbols)
            closing = _CLOSING
    return pieces, closing


def mapped(file: BinaryIO) -> memoryview:
    """Return what is in a file, its pages mapped at once where the system can: one by one costs more than reading."""
    flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
    return memoryview(mmap.mmap(file.fileno(), 0, flags=flags, prot=mmap.PROT_READ))


def text_buffers(column: Any) -> tuple[np.ndarray[Any, Any], memoryview]:
    """Return the offsets of a column of texts, and all its bytes."""
    import numpy as np

    kind = "<i8" if "large" in str(column.type) else "<i4"
    offsets = np.frombuffer(column.buffers()[1], dtype=kind)[column.offset : column.offset + len(column) + 1]
    return offsets, memoryview(column.buffers()[2])[int(offsets[0]) : int(offsets[-1])]
