"""Results of earlier jobs, for jobs with the same inputs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from planstore.database.session import Session
from planstore.ledger.artifact_events import ArtifactEvent
from planstore.training.execution.inputs import NAME
from planstore.training.execution.task import Result

REUSED = "reused"
"""Name under which a job keeps the inputs that it was not trained from again."""


@dataclass(frozen=True)
class EarlierResult:
    """Result of the first job that was trained from some inputs.

    Attributes:
        metrics: its metrics, without the seconds that its training took.
        left_out: reasons of the families left out.
        files: digest, media type, size and name of each artifact.
    """

    metrics: Mapping[str, float]
    left_out: str | None
    files: tuple[tuple[str, str, int, str], ...]

    def taken_over(self, result: Result) -> Result:
        """Return the result of a job that takes this one over; metrics of its own, such as of its evidence, stay."""
        return replace(result, metrics={**self.metrics, **result.metrics}, left_out=self.left_out)

    def artifacts(self, owner: str) -> list[ArtifactEvent]:
        """Return the artifacts as those of another job."""
        return [
            ArtifactEvent(digest, kind, size, REUSED if name == NAME else name, owner)
            for digest, kind, size, name in self.files
        ]


def earlier_results(session: Session, inputs: Iterable[str]) -> dict[str, EarlierResult]:
    """Return the results of the jobs that were trained from inputs, by digest."""
    found: dict[str, EarlierResult] = {}
    for digest, metrics, left_out, *file in session.rows("training/earlier_results", digests=sorted(inputs)):
        if digest not in found:
            kept = {
                name: value
                for name, value in json.loads(metrics or "{}").items()
                if not name.startswith("seconds") and name != "evidence_score"
            }
            found[digest] = EarlierResult(kept, left_out, ())
        found[digest] = replace(found[digest], files=(*found[digest].files, tuple(file)))
    return found
