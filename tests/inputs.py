"""Bad and good inputs for tests, made in code, and what a store must look like after it refused one."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

import planstore
import samples

Record = dict[str, Any]


def frame(*rows: Mapping[str, Any], **columns: Any) -> pa.Table:
    """Return a table of two good candidates, or of ``rows``, with ``columns`` replaced or added."""
    found = table_of(rows or (samples.record("y_up_10m"), samples.record("y_up_10m", "AAPL")))
    for name, values in columns.items():
        array = values if isinstance(values, pa.Array) else pa.array(values)
        place = found.column_names.index(name) if name in found.column_names else found.num_columns
        found = found.set_column(place, name, array) if place < found.num_columns else found.append_column(name, array)
    return found


def table_of(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows as an Arrow table of its own types, with the columns that the first row has."""
    return pa.Table.from_pylist([dict(row) for row in rows])


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file below ``folder`` with its content, but SQLite's shared memory, which readers touch."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def refusal(results: Path, error: type[Exception], call: Callable[[planstore.Store], object]) -> str:
    """Return the message with which a call is refused by a new store and by one with a run; neither changes."""
    fresh = results / "fresh"
    with planstore.open(fresh) as store:
        message = _refused(error, call, store)
    assert not fresh.exists(), "a refused call made the results folder"
    with planstore.open(_store_with_a_run()) as store:
        before = len(store.log())
        assert _refused(error, call, store) == message
        assert len(store.log()) == before, "a refused call made a commit"
    return message


@cache
def _store_with_a_run() -> Path:
    """Return the results folder of a store that every refusal of this process leaves as it is."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    with planstore.open(Path(folder) / "old") as store:
        store.route(samples.table(samples.records(1, 1)), samples.policy())
    return Path(folder) / "old"


def _refused(error: type[Exception], call: Callable[[planstore.Store], object], store: planstore.Store) -> str:
    try:
        call(store)
    except error as refused:
        return str(refused)
    raise AssertionError(f"nothing refused it; {error.__name__} was expected")


def python(
    code: str, *arguments: str, cwd: Path | None = None, program: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """Run Python code in a child process that can import what this one can."""
    return subprocess.run(
        [program, "-c", code, *arguments],
        capture_output=True, text=True, timeout=60, check=False, cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


def write_json(path: Path, value: Any) -> Path:
    """Write ``value`` as JSON and return where."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path
