"""Memory of this machine, and what workers need of it: the number of workers, and that of the rows of a fit."""

from __future__ import annotations

import logging
import math
import resource
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.checks.log_levels import NOTICE
from planstore.errors import RequestError

if TYPE_CHECKING:
    from planstore.training.families import Family
    from planstore.training.panel.panel import Panel

_log = logging.getLogger("planstore.training")

WORKER_BYTES = 400 * 2**20
"""Memory of a worker in bytes besides its rows: interpreter, libraries, and the model in training."""
ROW_BYTES = 150
"""Memory of a worker in bytes for each row of all symbols besides features: keys, labels, folds, ranks, predictions."""
USABLE = 0.75
"""Share of the memory that one worker may use; the rest is the driver's and the system's."""
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Files with the limit of a container, of the two versions of Linux's control groups."""


def machine_bytes() -> int:
    """Return the memory that processes here may use: that of the machine, of its container, or of an address space."""
    import psutil

    limits: list[int] = [psutil.virtual_memory().total]
    for path in CGROUP_LIMITS:
        with suppress(OSError, ValueError):  # because there is none, or it says `max`
            limits.append(int(Path(path).read_text(encoding="ascii")))
    address_space = resource.getrlimit(resource.RLIMIT_AS)[0]
    if address_space != resource.RLIM_INFINITY:
        limits.append(address_space)
    return min(limits)


@dataclass(frozen=True)
class LargestFit:
    """The largest fit of a call, that of a cross-sectional model.

    Attributes:
        rows: maximum number of rows; None means all.
        copies: maximum number of times that their features are in memory; see
            :meth:`planstore.training.families.Family.copies`.
    """

    rows: int | None = None
    copies: int = 2

    def worker_bytes(self, panel: Panel) -> int:
        """Return the maximum memory of a worker."""
        rows = panel.layout.facts.rows
        return WORKER_BYTES + ROW_BYTES * rows + self.copies * panel.fitted_bytes * min(rows, self.rows or rows) // rows


def check_fit_rows(wanted: int | None) -> None:
    """Refuse a number of rows below 1.

    Raises:
        RequestError: it is.
    """
    if wanted is not None and wanted < 1:
        raise RequestError(f"max_fit_rows must be at least 1, got {wanted}")


def largest_fit(panel: Panel, families: Iterable[Family], max_fit_rows: int | None) -> LargestFit:
    """Return the largest fit of families: with as many rows as wanted, or as one worker has memory for.

    The number that memory allows has two significant digits, so that machines with about the same memory fit the same.

    Raises:
        RequestError: the number is below 1.
    """
    check_fit_rows(max_fit_rows)
    itemsize = panel.layout.dtype(panel.features).itemsize
    copies = max((family.copies(itemsize) for family in families), default=LargestFit.copies)
    if max_fit_rows is not None:
        return LargestFit(max_fit_rows, copies)
    rows = panel.layout.facts.rows
    usable = USABLE * machine_bytes() - WORKER_BYTES - ROW_BYTES * rows
    affordable = max(1, int(usable * rows // max(1, copies * panel.fitted_bytes)))
    if affordable >= rows:
        return LargestFit(None, copies)
    digits = 10 ** max(0, int(math.log10(affordable)) - 1)
    found: int = affordable // digits * digits
    _log.log(
        NOTICE, "cross-sectional models are fitted on at most %s of %s rows, because %.1f GiB of memory allow no more: "
        "--max-fit-rows sets another number", f"{found:,}", f"{rows:,}", machine_bytes() / 2**30,
    )  # fmt: skip
    return LargestFit(found, copies)


def requested_workers(wanted: int | None) -> int:
    """Return the number of workers without regard to memory: ``wanted``, or one per CPU core."""
    import joblib

    return wanted or int(joblib.cpu_count())


def affordable_workers(panel: Panel, wanted: int | None, fit: LargestFit) -> int:
    """Return the number of workers: ``wanted`` (None: one per CPU core), limited by memory, at least one."""
    import psutil

    requested, needed = requested_workers(wanted), fit.worker_bytes(panel)
    free = min(psutil.virtual_memory().available, machine_bytes())
    affordable = int(free // needed)
    if affordable < requested:
        _log.warning(
            "%d workers are started instead of %d: each may need %.1f GiB, and %.1f GiB are free",
            max(affordable, 1), requested, needed / 2**30, free / 2**30,
        )  # fmt: skip
    return max(1, min(requested, affordable))
