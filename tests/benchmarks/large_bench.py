"""Ten million pairs in one commit, against ten commits of a million. Run by ``make bench-large``; takes minutes."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from figures import Figure, seconds
from market import POLICY, market

import planstore

TIMES, TARGETS, SYMBOLS = 10, 1000, 1000
FAMILIES = ["lightgbm", "xgboost", "mlp"]


def write_candidates(path: Path, times: int, targets: int, symbols: int) -> None:
    """Write the candidates of ``times`` markets with targets of their own, one market after the other."""
    with pq.ParquetWriter(path, market(1, 1).schema) as writer:
        for number in range(times):
            table = market(targets, symbols, number)
            names = pc.binary_join_element_wise(table["target"], pa.scalar(str(number)), "_")
            writer.write_table(table.set_column(0, "target", names))


def route(candidates: Path, results: Path) -> tuple[float, float]:
    """Route candidates in a store of their own; return the seconds, and the peak memory of this process in GiB."""
    with planstore.open(results) as store:
        store.create()
        taken = seconds(lambda: store.route(candidates, POLICY, FAMILIES))
    return taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def large(folder: Path, times: int = TIMES, targets: int = TARGETS, symbols: int = SYMBOLS) -> Iterator[Figure]:
    """One route of ``times`` markets against as many routes of one; each route in a process of its own."""
    taken = {}
    for number in (1, times):
        candidates = folder / f"candidates{number}.parquet"
        write_candidates(candidates, number, targets, symbols)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            taken[number] = process.submit(route, candidates, folder / f"results{number}").result()
    (one, _), (all_at_once, peak) = taken[1], taken[times]
    pairs = targets * symbols
    yield Figure(
        f"route {times * pairs:,} pairs in one commit", f"{all_at_once:.1f} s",
        f"{times} × route of {pairs:,}: {times * one:.1f} s", all_at_once / (times * one), "at most 1.2",
    )  # fmt: skip
    yield Figure("peak memory of that", f"{peak:.2f} GiB", "6 GiB", peak / 6, "under 1")


if __name__ == "__main__":
    print("| what | planstore | beside it | ratio | wanted |\n|---|---|---|---|---|")  # noqa: T201
    with tempfile.TemporaryDirectory() as place:
        for figure in large(Path(place)):
            print(figure.line(), flush=True)  # noqa: T201
