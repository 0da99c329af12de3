"""Events of stored artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planstore.database.session import Session
from planstore.events import fields
from planstore.events.digest import StagedRows
from planstore.events.fields import NAME
from planstore.events.status import JOB_ID
from planstore.ledger.commit_builder import CommitBuilder


@dataclass(frozen=True)
class ArtifactEvent:
    """The event of a stored artifact.

    Attributes:
        digest: the digest of its content.
        media_type: its media type, such as ``application/json``.
        size: in bytes.
        name: its role, such as ``plan`` or ``predictions``.
        belongs_to: the run, or the job of a plan (``<plan_id>/<job_id>``), that it is part of.

    Raises:
        RequestError: a field is invalid.
    """

    digest: str
    media_type: str
    size: int
    name: str
    belongs_to: str

    def __post_init__(self) -> None:
        fields.keep(
            self,
            digest=fields.digest("digest", self.digest),
            media_type=fields.name("media_type", self.media_type),
            size=fields.whole_number("size", self.size, least=0, most=2**62),
            name=fields.name("name", self.name),
            belongs_to=fields.name("belongs_to", self.belongs_to, most=JOB_ID + NAME),
        )


def known_artifacts(session: Session, digests: Sequence[str]) -> set[str]:
    """Return the subset of ``digests`` that the ledger has events for."""
    return {digest for (digest,) in session.rows("ledger/known_artifacts", digests=list(digests))}


def append_artifacts(builder: CommitBuilder, artifacts: Sequence[ArtifactEvent]) -> None:
    """Append one event per artifact to a commit."""
    import pyarrow as pa

    if not artifacts:
        return
    columns = [(name, pa.string()) for name in ("digest", "media_type", "size", "name", "belongs_to")]
    columns[2] = ("size", pa.int64())
    table = pa.Table.from_pylist([vars(artifact) for artifact in artifacts], pa.schema(columns))
    placed = [vars(artifact) | {"place": place} for place, artifact in enumerate(artifacts, 1)]
    builder.append_staged("artifacts", StagedRows(table), given={"rows": placed})
