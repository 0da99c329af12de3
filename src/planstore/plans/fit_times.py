"""Times of fits, by which a budget in hours is applied: measured from the ledger, and recorded with the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import orjson

from planstore.database.session import Session
from planstore.events.canonical import canonical_json
from planstore.events.hashing import digest_of
from planstore.ledger.storage import ArtifactStorage

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "fit times"
"""Name of the artifact of a run that holds its fit times."""


@dataclass(frozen=True)
class FitTimes:
    """Mean time of a fit, in milliseconds of one CPU core, by kind of job and family; empty where none was timed."""

    milliseconds: Mapping[str, Mapping[str, int]]

    def __bool__(self) -> bool:
        return bool(self.milliseconds)

    @cached_property
    def document(self) -> bytes:
        """The canonical JSON document."""
        return canonical_json(self.milliseconds)

    @cached_property
    def digest(self) -> str:
        """The digest of the document."""
        return digest_of(self.document)

    def table(self) -> pa.Table:
        """Return a row for each kind of job and family."""
        import pyarrow as pa

        rows = [
            {"training_type": kind, "family": family, "milliseconds": milliseconds}
            for kind, families in self.milliseconds.items()
            for family, milliseconds in families.items()
        ]
        columns = [("training_type", pa.string()), ("family", pa.string()), ("milliseconds", pa.int64())]
        return pa.Table.from_pylist(rows, pa.schema(columns))


NO_FIT_TIMES = FitTimes({})
Timing: TypeAlias = Callable[[], FitTimes]
"""Returns the times by which a budget of hours is applied; called only where the policy has one."""


def measured_fit_times(session: Session, before_commit: int) -> FitTimes:
    """Return the times of the fits that were recorded before a commit.

    Args:
        session: session with the stable views.
        before_commit: the first commit that is ignored.
    """
    for statement in ("trained_jobs", "timed_fits"):
        session.run(f"cost/{statement}")
    found: dict[str, dict[str, int]] = {}
    for kind, family, milliseconds in session.rows("cost/fit_times", before_commit=before_commit):
        found.setdefault(kind, {})[family] = milliseconds
    return FitTimes(found)


def fit_times_of(session: Session, artifacts: ArtifactStorage, commit_id: int) -> FitTimes:
    """Return the fit times that a run was planned with; else those recorded before its commit.

    Raises:
        StoreError: the artifact is missing or altered.
    """
    row = session.row("cost/recorded_fit_times", commit_id=commit_id)
    return measured_fit_times(session, commit_id) if row is None else FitTimes(orjson.loads(artifacts.get(row[0])))
