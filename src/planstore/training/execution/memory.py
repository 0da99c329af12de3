"""Memory of this machine, and what workers need of it: the number of workers, and that of the rows of a fit."""

from __future__ import annotations

import logging
import math
import resource
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from planstore.checks.log_levels import NOTICE
from planstore.errors import RequestError

if TYPE_CHECKING:
    from planstore.training.panel.panel import Panel

_log = logging.getLogger("planstore.training")

WORKER_BYTES = 400 * 2**20
"""Memory of a worker in bytes besides its rows: interpreter, libraries, and the model in training."""
ROW_BYTES = 150
"""Memory of a worker in bytes for each row of all symbols besides features: keys, labels, folds, ranks, predictions."""
FITTED_COPIES = 2
"""Maximum number of copies of the features that a worker fits: as taken, and as the estimator arranges them."""
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


def worker_bytes(panel: Panel, fit_rows: int | None = None) -> int:
    """Return the maximum memory of a worker that fits all symbols of a panel, or at most some rows of them."""
    rows = panel.layout.facts.rows
    fitted = min(rows, fit_rows or rows)
    return WORKER_BYTES + ROW_BYTES * rows + FITTED_COPIES * panel.fitted_bytes * fitted // rows


def check_fit_rows(wanted: int | None) -> None:
    """Refuse a number of rows below 1.

    Raises:
        RequestError: it is.
    """
    if wanted is not None and wanted < 1:
        raise RequestError(f"max_fit_rows must be at least 1, got {wanted}")


def fit_rows_of(panel: Panel, wanted: int | None) -> int | None:
    """Return the maximum number of rows of a cross-sectional fit: ``wanted``, or as many as one worker has memory for.

    None means all rows. The number that memory allows has two significant digits, so that machines with about the same
    memory fit the same.

    Raises:
        RequestError: the number is below 1.
    """
    check_fit_rows(wanted)
    if wanted is not None:
        return wanted
    rows = panel.layout.facts.rows
    usable = USABLE * machine_bytes() - WORKER_BYTES - ROW_BYTES * rows
    affordable = max(1, int(usable * rows // max(1, FITTED_COPIES * panel.fitted_bytes)))
    if affordable >= rows:
        return None
    digits = 10 ** max(0, int(math.log10(affordable)) - 1)
    found: int = affordable // digits * digits
    _log.log(
        NOTICE, "cross-sectional models are fitted on at most %s of %s rows, because %.1f GiB of memory allow no more: "
        "--max-fit-rows sets another number", f"{found:,}", f"{rows:,}", machine_bytes() / 2**30,
    )  # fmt: skip
    return found


def requested_workers(wanted: int | None) -> int:
    """Return the number of workers without regard to memory: ``wanted``, or one per CPU core."""
    import joblib

    return wanted or int(joblib.cpu_count())


def affordable_workers(panel: Panel, wanted: int | None, fit_rows: int | None = None) -> int:
    """Return the number of workers: ``wanted`` (None: one per CPU core), limited by memory, at least one."""
    import psutil

    requested, needed = requested_workers(wanted), worker_bytes(panel, fit_rows)
    free = min(psutil.virtual_memory().available, machine_bytes())
    affordable = int(free // needed)
    if affordable < requested:
        _log.warning(
            "%d workers are started instead of %d: each may need %.1f GiB, and %.1f GiB are free",
            max(affordable, 1), requested, needed / 2**30, free / 2**30,
        )  # fmt: skip
    return max(1, min(requested, affordable))
