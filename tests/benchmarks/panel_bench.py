"""Panels of real size: reading, and the memory of workers and driver. Run by ``make bench-panel``; takes minutes.

``PLANSTORE_PANEL_ROWS`` is the number of rows of the panel that is read (10 million are 2 GB); a million rows with 40
features are measured and trained.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from evidence_bench import cost, workers
from figures import Figure, seconds

from planstore.training.evidence.side import Question, measure_side
from planstore.training.execution.fit import train_job
from planstore.training.execution.task import Task
from planstore.training.execution.worker_process import WorkerProcess
from planstore.training.families import load_families
from planstore.training.panel.cache import panel_cache
from planstore.training.panel.panel import Panel
from planstore.training.panel.places import panel_place, reading

ROWS = int(os.environ.get("PLANSTORE_PANEL_ROWS", "10_000_000"))
SYMBOLS = 500
LIMIT = 8 * 2**30
"""Bytes of address space of each process that measures the large panel."""
ALLOWANCE = 400 * 10**6
"""Bytes of a process besides the rows that it fits."""


def write(path: Path, rows: int, features: int, *, by_time: bool = False, three: bool = False) -> None:
    """Write a long panel of float32, by symbol or by time, in parts that are never all in memory.

    It has a binary target and one of returns, and with ``three`` also one of three classes.
    """
    chance = np.random.default_rng(0)
    moments = np.datetime64("2015-01-01", "us") + np.arange(rows // SYMBOLS) * np.timedelta64(5, "m")
    names = np.array([f"S{number:03d}" for number in range(SYMBOLS)], dtype=object)
    parts = np.array_split(moments, SYMBOLS) if by_time else [moments] * SYMBOLS
    writer: pq.ParquetWriter | None = None
    for number, part in enumerate(parts):
        count = len(part) * (SYMBOLS if by_time else 1)
        values = chance.standard_normal((features, count), dtype=np.float32)
        label = values[0] / 10 + chance.standard_normal(count, dtype=np.float32)
        targets = {"y_up_1h": (label > 0).astype(np.float32), "fwd_ret_1h": label}
        targets |= {"y_level_1h": np.digitize(label, [-0.5, 0.5]).astype(np.float32)} if three else {}
        columns = {"timestamp": np.repeat(part, SYMBOLS) if by_time else part}
        columns |= {"symbol": np.tile(names, len(part)) if by_time else np.repeat(names[number], count)}
        columns |= {f"f{place}": column for place, column in enumerate(values)}
        table = pa.table(columns | targets)
        writer = writer or pq.ParquetWriter(path, table.schema, use_dictionary=["symbol"])
        writer.write_table(table)
    assert writer is not None
    writer.close()


def read(folder: Path) -> Iterator[Figure]:
    """A panel that is read, checked and laid out, against DuckDB reading the same columns; and the second reading."""
    for by_time in (False, True):
        path = folder / f"long-{by_time}.parquet"
        write(path, ROWS, 50, by_time=by_time)
        beside = min(seconds(lambda: _stream(path)) for _ in range(2))  # noqa: B023
        panel_cache().clean()
        ours = seconds(lambda: Panel.read(path))  # noqa: B023
        order = "by time" if by_time else "by symbol"
        yield Figure(
            f"read, check and lay out {ROWS:,} × 50, {order}", f"{ours:.1f} s", f"DuckDB alone: {beside:.1f} s",
            ours / beside, "at most 2",
        )  # fmt: skip
        again = seconds(lambda: Panel.read(path))  # noqa: B023
        yield Figure("the same, laid out before", f"{again:.2f} s", f"{beside:.1f} s", again / beside, "under 0.5")
        path.unlink()
    panel_cache().clean()


def _stream(path: Path) -> None:
    with reading(panel_place(path)) as (session, _):
        for _ in session.batches("panel/parquet_file", path=str(path)):
            pass


def memory(folder: Path) -> Iterator[Figure]:
    """Peaks of a worker that measures and one that trains all symbols, and of the driver."""
    path, saved = folder / "million.parquet", folder / "panel.json"
    write(path, 1_000_000, 40)
    driver = WorkerProcess()
    fitted = driver.call(_save, path, saved)
    yield _peak("the driver that reads the panel", driver.call(peak_bytes), fitted)
    for target in ("y_up_1h", "fwd_ret_1h"):
        for what, work in (("evidence", _measure), ("training", _train)):
            worker = WorkerProcess()
            worker.call(work, saved, target)
            yield _peak(f"a worker: {what} of {target} on all symbols", worker.call(peak_bytes), fitted)
            worker.end()
    driver.end()


def _peak(what: str, found: int, fitted: int) -> Figure:
    allowed = 2 * fitted + ALLOWANCE
    return Figure(
        f"peak memory, 1,000,000 × 40, {what}", f"{found / 1e6:.0f} MB",
        f"2 × {fitted / 1e6:.0f} MB + 400 MB", found / allowed, "at most 1",
    )  # fmt: skip


def peak_bytes(pid: int | str = "self") -> int:
    """Return the peak memory of a process, with mapped files, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def limited(folder: Path) -> Iterator[Figure]:
    """Evidence over all symbols of a large panel, where each process may have 8 GiB of address space at most."""
    path = folder / "limited.parquet"
    write(path, ROWS, 50, three=True)
    for named, options in (
        ("three targets", []),
        ("one target, fits on at most 2,000,000 rows", ["--target", "y_up_1h", "--max-fit-rows", "2000000"]),
    ):
        words = ["evidence", str(path), "--results", str(folder / "results"), "--pooled", "--no-reuse", *options]
        started = time.monotonic()
        driver, worker = _peaks([sys.executable, "-m", "planstore", *words])
        spent = time.monotonic() - started
        what = f"evidence of {ROWS:,} × 50 over all symbols, {named}"
        yield Figure(f"{what}: wall time", f"{spent / 60:.1f} min", "an hour", spent / 3600, "at most 1")
        for whose, peak in (("driver", driver), ("worker", worker)):
            yield Figure(
                f"{what}: peak memory of the {whose}", f"{peak / 1e6:.0f} MB", "8 GiB", peak / LIMIT, "under 1"
            )


def _peaks(words: Sequence[str]) -> tuple[int, int]:
    """Run a command under the limit, and return the peak memory of its process and the greatest of its children."""
    driver = psutil.Popen(words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT)))
    peaks: dict[int, int] = {}
    while driver.poll() is None:
        with suppress(OSError, StopIteration, psutil.NoSuchProcess):  # because one may have ended
            for process in (driver, *driver.children(recursive=True)):
                peaks[process.pid] = peak_bytes(process.pid)
        time.sleep(0.5)
    assert driver.returncode == 0, driver.returncode
    own = peaks.pop(driver.pid)
    return own, max(peaks.values())


_panels: list[Panel] = []


def _save(path: Path, saved: Path) -> int:
    _panels.append(Panel.read(path))
    _panels[0].save(saved)
    return _panels[0].fitted_bytes


def _measure(saved: Path, target: str) -> None:
    side = measure_side(Panel.open(saved), Question(target, None, (load_families()["lightgbm"],), selects=30))
    assert side.reason is None, side.reason


def _train(saved: Path, target: str) -> None:
    task = Task("job", 1, target, None, (load_families()["lightgbm"],), refit=True)
    result = train_job(Panel.open(saved), task)
    assert result.error is None, result.error


def _figures(measure: Callable[..., Iterator[Figure]], *arguments: Path) -> list[Figure]:
    return list(measure(*arguments))


def main() -> None:
    """Measure everything, each in a process of its own, and print the table."""
    print("| what | planstore | beside it | ratio | wanted |\n|---|---|---|---|---|")  # noqa: T201
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = place
        where = (Path(place),)
        for measure, arguments in ((read, where), (memory, where), (limited, where), (cost, ()), (workers, ())):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                for figure in process.submit(_figures, measure, *arguments).result():
                    print(figure.line(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
