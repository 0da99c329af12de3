"""Laying out: the rows of a panel's files are staged, checked, and written as a layout; only their keys are held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.database.session import Session
from planstore.errors import PanelError
from planstore.training.panel.files import stage_files
from planstore.training.panel.layout import FACTS, ORDER, TIMES, LaidOutColumn, LayoutFacts, column_path
from planstore.training.panel.places import PanelFile
from planstore.training.panel.staging import BLOCK, Staging

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

THREADS = 2
"""Number of columns that are laid out at once: more than the disk writes at a time do not help."""


def lay_out(
    session: Session, files: list[PanelFile], symbols: Sequence[str] | None, where: str, folder: Path
) -> LayoutFacts:
    """Write the rows of a panel's files as a layout into an empty folder, and return its facts.

    Args:
        session: session of the panel's place.
        files: files of the panel.
        symbols: symbols to read; None means all.
        where: the panel's name in messages.
        folder: the folder.

    Raises:
        PanelError: the panel cannot be read, or no row remains.
        OSError: the folder cannot be written.
    """
    import numpy as np

    staging = Staging(folder)
    texts, missing = stage_files(session, files, None if symbols is None else set(symbols), staging)
    times, codes, names = staging.keys()
    rows = np.lexsort((times, codes))
    with session.registered("time_order", _time_order(times, codes, rows)):
        repeated = session.rows("panel/repeated")
    for code, duplicates, first in repeated:
        missing[names[code]] = (
            f"{duplicates} of its rows repeat a timestamp, the first {first}; a timestamp has one row"
        )
    if repeated:
        rows = rows[~np.isin(codes[rows], [code for code, *_ in repeated])]
    if not len(rows):
        raise PanelError(f"{where}: {'; '.join(f'{name}: {reason}' for name, reason in missing.items())}")
    with session.registered("time_order", _time_order(times, codes, rows)):
        notes = _order_and_gaps(session, names)
        minutes, per_day = session.rows("panel/spacing")[0]
    times, codes = times[rows], codes[rows]
    order = np.lexsort((codes, times))
    np.save(column_path(folder, TIMES), times)
    np.save(column_path(folder, ORDER), order.astype(np.uint32 if len(order) < 2**32 else np.int64))
    counts = np.bincount(codes, minlength=len(names)).tolist()
    del times, codes, order
    columns = _columns(staging, [name for name in staging.columns if name not in texts], rows, folder)
    facts = LayoutFacts(
        where=where,
        symbols={name: count for name, count in zip(names, counts, strict=True) if count},
        columns=columns,
        texts=texts,
        missing=missing,
        notes=notes,
        minutes=minutes,
        per_day=per_day,
        size=sum(file.stat().st_size for file in folder.glob("*.npy")),
    )
    for name in staging.columns:  # because texts may have begun as columns of nothing
        staging.drop(name)
    (folder / FACTS).write_bytes(facts.dump())
    return facts


def _time_order(times: np.ndarray, codes: np.ndarray, rows: np.ndarray) -> pa.Table:
    """Return the keys of rows, each with timestamp and number of the row of its symbol before it in time.

    Args:
        times: timestamp of each row of the files.
        codes: symbol of each row of the files.
        rows: numbers of the rows, in the order of symbols, then of time, then of the files.
    """
    import numpy as np
    import pyarrow as pa

    ordered, moments = codes[rows], times[rows]
    begins = np.concatenate([np.ones(min(1, len(rows)), bool), ordered[1:] != ordered[:-1]])
    kind = pa.timestamp("us")
    return pa.table(
        {
            "symbol": ordered,
            "timestamp": pa.array(moments).cast(kind),
            "row": rows,
            "previous": pa.array(np.roll(moments, 1), mask=begins).cast(kind),
            "previous_row": pa.array(np.roll(rows, 1), mask=begins),
        }
    )


def _order_and_gaps(session: Session, names: Sequence[str]) -> list[str]:
    notes = []
    unordered = [names[code] for (code,) in session.rows("panel/out_of_order")]
    if unordered:
        notes.append(f"sorted, because rows were not in order of time: {_list(unordered)}")
    gaps = [(names[code], missing, days) for code, missing, days in session.rows("panel/gaps")]
    lacking = [f"{symbol} ({missing})" for symbol, missing, _ in gaps if missing]
    if lacking:
        notes.append(f"timestamps that other symbols have are missing: {_list(lacking)}")
    pauses = [f"{symbol} ({days:.0f} days)" for symbol, _, days in gaps if days]
    if pauses:
        notes.append(f"long pauses: {_list(pauses)}")
    return notes


def _columns(staging: Staging, names: Sequence[str], rows: np.ndarray, folder: Path) -> list[LaidOutColumn]:
    """Write the columns in the order of ``rows``, and return their facts."""
    moves = _Moves(rows, staging.rows)
    with ThreadPoolExecutor(THREADS) as threads:
        write = partial(_column, staging, moves, folder)
        return list(threads.map(write, range(len(names)), names))


def _column(staging: Staging, moves: _Moves, folder: Path, number: int, name: str) -> LaidOutColumn:
    """Write one column; a file that has its rows already, all finite or missing, is only renamed."""
    import numpy as np
    from numpy.lib.format import open_memmap

    path, mapped = staging.column(name)
    staged, place = np.asarray(mapped), column_path(folder, str(number))
    finite = infinite = 0
    for values in moves.kept(staged):
        present = int(np.count_nonzero(np.isfinite(values)))
        finite += present
        infinite += int(np.count_nonzero(np.isinf(values))) if present < len(values) else 0
    if moves.are_none and not infinite:
        path.rename(place)
    else:
        laid_out = np.asarray(open_memmap(place, "w+", staged.dtype, (moves.rows,)))
        for values, places in moves.moved(staged):
            laid_out[places] = np.where(np.isinf(values), np.nan, values) if infinite else values
    staging.drop(name)
    return LaidOutColumn(name, str(staged.dtype), finite, infinite)


class _Moves:
    """Moves of rows from their place in the files to that in the layout, in blocks of neighbours in the files.

    A block of a file that is in order of time has a run of rows of each symbol, so that both sides of a move are in the
    processor's cache.

    Args:
        rows: number in the files of each row of the layout.
        staged: number of rows in the files.

    Attributes:
        rows: number of rows of the layout.
        are_none: whether the rows of the layout are those of the files, in their order.
    """

    def __init__(self, rows: np.ndarray, staged: int) -> None:
        import numpy as np

        self.rows = len(rows)
        self.are_none = len(rows) == staged and bool((rows == np.arange(staged)).all())
        self._blocks = [slice(first, min(first + BLOCK, staged)) for first in range(0, staged, BLOCK)]
        self._places = np.full(staged, -1, np.int64)  # of each row of the files; -1 of those that are left out
        self._places[rows] = np.arange(len(rows))
        self._orders = [np.argsort(self._places[block], kind="stable").astype(np.uint16) for block in self._blocks]
        self._left_out = [int((self._places[block] < 0).sum()) for block in self._blocks]

    def kept(self, staged: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the values of a staged column that are laid out, in blocks."""
        for block, left_out in zip(self._blocks, self._left_out, strict=True):
            yield staged[block][self._places[block] >= 0] if left_out else staged[block]

    def moved(self, staged: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield values of a staged column with their places in the layout, in blocks, each by place."""
        for block, order, left_out in zip(self._blocks, self._orders, self._left_out, strict=True):
            kept = order[left_out:].astype(int)
            yield staged[block].take(kept), self._places[block].take(kept)


def _list(names: Sequence[str], limit: int = 10) -> str:
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")
