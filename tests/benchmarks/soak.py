"""Does it stay quick? Latency of single events and of `why` at 10³, 10⁴, 10⁵ (and with --long 10⁶) events.

Run by ``make soak``: python tests/benchmarks/soak.py [--long]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import planstore
from planstore import JobStatus

DECADES = (1_000, 10_000, 100_000)
SINGLE = 40


def main() -> None:
    """Print a table: a line a decade."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import samples

    decades = (*DECADES, 1_000_000) if "--long" in sys.argv else DECADES
    print("| events | append p50 | append p99 | why p50 | why p99 | disk an event |\n|---|---|---|---|---|---|")  # noqa: T201
    with tempfile.TemporaryDirectory() as place, planstore.open(Path(place) / "results") as store:
        plan = store.route(samples.table(samples.records(20, 20)), samples.policy()).plan
        job_ids = [job["job_id"] for job in plan.jobs]
        with store.training.status_writer() as writer:
            events = (
                JobStatus(str(plan.plan_id), job_ids[n % len(job_ids)], "running", attempt=1 + n) for n in count()
            )
            recorded = 0
            for decade in decades:
                while recorded < decade - SINGLE:
                    size = min(5_000, decade - SINGLE - recorded)
                    writer.record(*(next(events) for _ in range(size)))
                    recorded += size
                appended = _latencies(lambda: writer.record(next(events)))
                recorded += SINGLE
                asked = _latencies(lambda: store.why("y_up_01_10m", "SYM00"))
                size = sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file())
                row = [f"{recorded:,}", *_shown(appended), *_shown(asked), f"{size / recorded:,.0f} bytes"]
                print(f"| {' | '.join(row)} |", flush=True)  # noqa: T201


def _latencies(work: Callable[[], object]) -> list[float]:
    found = []
    for _ in range(SINGLE):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1000)
    return sorted(found)


def _shown(latencies: list[float]) -> Iterator[str]:
    for share in (0.5, 0.99):
        yield f"{latencies[int(share * (len(latencies) - 1))]:.1f} ms"


if __name__ == "__main__":
    main()
