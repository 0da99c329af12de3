"""Laying out: the keys of a panel's files are sorted and checked, then each value is written to its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.checks.quoting import shown_names
from planstore.database.batches import BATCH_ROWS
from planstore.database.session import Session
from planstore.errors import PanelError
from planstore.training.panel.files import read_files
from planstore.training.panel.keys import PanelKeys
from planstore.training.panel.lacking import SHOWN
from planstore.training.panel.layout import FACTS, ORDER, TIMES, LayoutFacts, column_path
from planstore.training.panel.places import PanelFile
from planstore.training.panel.values import BrokenFilesError, write_values

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


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
    broken: dict[PanelFile, str] = {}
    while True:
        try:
            return _lay_out(session, files, broken, symbols, where, folder)
        except BrokenFilesError as error:  # because the places of all rows are other ones without those of these files
            broken |= error.reasons
            for path in folder.iterdir():
                path.unlink()


def _lay_out(
    session: Session,
    files: list[PanelFile],
    broken: Mapping[PanelFile, str],
    symbols: Sequence[str] | None,
    where: str,
    folder: Path,
) -> LayoutFacts:
    import numpy as np

    keys = PanelKeys(None if symbols is None else set(symbols))
    read = read_files(session, files, broken, keys)
    missing = dict(read.missing)
    names, (times, codes) = keys.names, keys.joined()
    del keys
    rows = _order(codes, times)[: np.count_nonzero(codes < len(names))]
    times, codes = times[rows], codes[rows]
    time_order = _time_order(times, codes, rows)
    with session.registered("time_order", time_order):
        repeated = session.rows("panel/repeated")
    if repeated:
        for code, duplicates, first in repeated:
            missing[names[code]] = (
                f"{duplicates} of its rows repeat a timestamp, the first {first}; a timestamp has one row"
            )
        kept = ~np.isin(codes, [code for code, *_ in repeated])
        rows, times, codes = rows[kept], times[kept], codes[kept]
        time_order = _time_order(times, codes, rows)
    if not len(rows):
        raise PanelError(f"{where}: {'; '.join(f'{name}: {reason}' for name, reason in missing.items())}")
    with session.registered("time_order", time_order):
        notes = _order_and_gaps(session, names)
        minutes, per_day = session.rows("panel/spacing")[0]
    del time_order
    order = _order(times, codes)
    np.save(column_path(folder, TIMES), times)
    np.save(column_path(folder, ORDER), order.astype(np.uint32 if len(order) < 2**32 else np.int64))
    counts = zip(names, np.bincount(codes, minlength=len(names)).tolist(), strict=True)
    present = {name: count for name, count in counts if count}
    del times, codes, order
    columns = write_values(session, read, rows, present, where, folder)
    facts = LayoutFacts(
        where=where,
        symbols=present,
        columns=columns,
        texts=read.texts,
        missing=missing,
        notes=notes,
        minutes=minutes,
        per_day=per_day,
        size=sum(file.stat().st_size for file in folder.glob("*.npy")),
    )
    (folder / FACTS).write_bytes(facts.dump())
    return facts


def _order(first: np.ndarray, then: np.ndarray) -> np.ndarray:
    """Return the positions of rows in the order of one key, then of the other, then of the rows."""
    import numpy as np

    is_ordered = (first[1:] > first[:-1]) | ((first[1:] == first[:-1]) & (then[1:] >= then[:-1]))
    return np.arange(len(first)) if is_ordered.all() else np.lexsort((then, first))


def _time_order(times: np.ndarray, codes: np.ndarray, rows: np.ndarray) -> pa.Table:
    """Return the keys of rows, each with timestamp and number of the row of its symbol before it in time.

    Args:
        times: timestamp of each row, in the order of symbols, then of time, then of the files.
        codes: symbol of each row.
        rows: number of each row in the files.
    """
    import numpy as np
    import pyarrow as pa

    begins = np.concatenate([np.ones(min(1, len(rows)), bool), codes[1:] != codes[:-1]])
    moments, numbers = (
        np.concatenate([values[:1], values]) for values in (times, rows)
    )  # because slices are no copies
    kind = pa.timestamp("us")
    table = pa.table(
        {
            "symbol": codes,
            "timestamp": pa.array(moments[1:]).cast(kind),
            "row": numbers[1:],
            "previous": pa.array(moments[:-1], mask=begins).cast(kind),
            "previous_row": pa.array(numbers[:-1], mask=begins),
        }
    )
    return pa.Table.from_batches(table.to_batches(BATCH_ROWS), table.schema)


def _order_and_gaps(session: Session, names: Sequence[str]) -> list[str]:
    notes = []
    unordered = [names[code] for (code,) in session.rows("panel/out_of_order")]
    if unordered:
        notes.append(f"sorted, because rows were not in order of time: {shown_names(unordered, SHOWN)}")
    gaps = [(names[code], missing, days) for code, missing, days in session.rows("panel/gaps")]
    lacking = [f"{symbol} ({missing})" for symbol, missing, _ in gaps if missing]
    if lacking:
        notes.append(f"timestamps that other symbols have are missing: {shown_names(lacking, SHOWN)}")
    pauses = [f"{symbol} ({days:.0f} days)" for symbol, _, days in gaps if days]
    if pauses:
        notes.append(f"long pauses: {shown_names(pauses, SHOWN)}")
    return notes
