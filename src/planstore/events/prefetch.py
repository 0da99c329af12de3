"""Prefetching: the next item is fetched while the current one is processed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def each_prefetched(items: Iterable[T], work: Callable[[T], object]) -> None:
    """Call ``work`` with each item, in order, on a worker thread; fetch the next item on this thread meanwhile.

    This pays off where both release the GIL: the database computes rows while a worker hashes or writes others.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        pending: Future[object] | None = None
        for item in items:
            if pending is not None:
                pending.result()
            pending = worker.submit(work, item)
        if pending is not None:
            pending.result()
