"""Parts of exported files as buffers of texts from the database, without parsing and with few copies."""

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
"""The end of a target in the routing plan."""
COPIED = 16_384
"""Jobs whose texts are copied together, about ten megabytes."""


def job_pieces(lists: pa.ListArray, texts: pa.LargeBinaryArray, copied: int = COPIED) -> Iterator[list[Buffer]]:
    """Yield the texts of each list of jobs, as slices of the texts of all jobs in plan order.

    Short lists are copied, together up to ``copied`` jobs. Longer lists are not copied, and consecutive jobs form one
    buffer.
    """
    import numpy as np
    import pyarrow as pa

    ends, job_indexes = lists.offsets.to_numpy(), lists.values.to_numpy() - 1
    first = 0
    while first < len(lists):
        last = max(int(np.searchsorted(ends, ends[first] + copied, "right")) - 1, first + 1)
        indexes = job_indexes[ends[first] : ends[last]]
        if len(indexes) <= copied:
            offsets, data = text_buffers(texts.take(pa.array(indexes)))
            for start, end in pairwise((offsets[ends[first : last + 1] - ends[first]] - offsets[0]).tolist()):
                yield [data[start:end]]
        else:
            breaks = np.flatnonzero(np.diff(indexes) != 1) + 1
            runs = pairwise([0, *breaks.tolist(), len(indexes)])
            yield [text_buffers(texts.slice(int(indexes[start]), end - start))[1] for start, end in runs]
        first = last


def target_pieces(batch: pa.RecordBatch, closing: bytes) -> tuple[list[Buffer], bytes]:
    """Return the decisions' part of the routing plan, and the end of its last target.

    ``closing`` is the end of the target before them.
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
            # because there is no comma before the first one
            pieces.append(symbols[1:] if closing == _CLOSING_WITHOUT_SYMBOLS else symbols)
            closing = _CLOSING
    return pieces, closing


def mapped(file: BinaryIO) -> memoryview:
    """Return a file's content as a memory map, populated at once where possible, because page faults are slow."""
    flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
    return memoryview(mmap.mmap(file.fileno(), 0, flags=flags, prot=mmap.PROT_READ))


def text_buffers(column: Any) -> tuple[np.ndarray[Any, Any], memoryview]:
    """Return the offsets of a text column, and all its bytes."""
    import numpy as np

    kind = "<i8" if "large" in str(column.type) else "<i4"
    offsets = np.frombuffer(column.buffers()[1], dtype=kind)[column.offset : column.offset + len(column) + 1]
    return offsets, memoryview(column.buffers()[2])[int(offsets[0]) : int(offsets[-1])]
