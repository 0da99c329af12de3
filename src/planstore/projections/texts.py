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
COPIED = 16_384
"""Jobs whose texts are copied at once, about ten megabytes."""


def job_pieces(lists: pa.ListArray, texts: pa.LargeBinaryArray, copied: int = COPIED) -> Iterator[list[Buffer]]:
    """Yield, for each list of jobs, their texts, out of those of all jobs in the order of the plan.

    Short lists are copied, up to ``copied`` jobs at once. The texts of a longer one stay where they are, and neighbours
    are one piece.
    """
    import numpy as np
    import pyarrow as pa

    ends, places = lists.offsets.to_numpy(), lists.values.to_numpy() - 1
    first = 0
    while first < len(lists):
        last = max(int(np.searchsorted(ends, ends[first] + copied, "right")) - 1, first + 1)
        some = places[ends[first] : ends[last]]
        if len(some) <= copied:
            offsets, data = text_buffers(texts.take(pa.array(some)))
            for start, end in pairwise((offsets[ends[first : last + 1] - ends[first]] - offsets[0]).tolist()):
                yield [data[start:end]]
        else:
            breaks = np.flatnonzero(np.diff(some) != 1) + 1
            stretches = pairwise([0, *breaks.tolist(), len(some)])
            yield [text_buffers(texts.slice(int(some[start]), end - start))[1] for start, end in stretches]
        first = last


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
