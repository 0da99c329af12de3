"""Two at once: while one item is worked on, the next one is fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def each_prefetched(items: Iterable[T], work: Callable[[T], object]) -> None:
    """Do ``work`` with each item, one after the other, in a thread of its own; here the next item is fetched meanwhile.

    It pays where both leave Python alone: the database makes rows, while digests or writes to a file use others.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        pending: Future[object] | None = None
        for item in items:
            if pending is not None:
                pending.result()
            pending = worker.submit(work, item)
        if pending is not None:
            pending.result()
