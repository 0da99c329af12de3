"""Files that were artifacts as artifacts, on their way into the ledger as events."""

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
    """A file that is artifacts.

    Attributes:
        digest: of its content.
        media_type: what it is written in.
        size: in bytes.
        name: what it is, as ``plan`` or ``predictions``.
        belongs_to: the run, or the job of a plan (``<plan_id>/<job_id>``), that it is part of.

    Raises:
        RequestError: a field cannot be what it is.
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
    """Return those of some files, by their digests, that the ledger knows."""
    return {digest for (digest,) in session.rows("ledger/known_artifacts", digests=list(digests))}


def append_artifacts(builder: CommitBuilder, artifacts: Sequence[ArtifactEvent]) -> None:
    """Append one event a file to the commit on its way."""
    import pyarrow as pa

    if not artifacts:
        return
    columns = [(name, pa.string()) for name in ("digest", "media_type", "size", "name", "belongs_to")]
    columns[2] = ("size", pa.int64())
    table = pa.Table.from_pylist([vars(one) for one in artifacts], pa.schema(columns))
    placed = [vars(one) | {"place": place} for place, one in enumerate(artifacts, 1)]
    builder.append_staged("artifacts", StagedRows(table), given={"rows": placed})
