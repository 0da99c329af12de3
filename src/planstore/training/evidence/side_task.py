"""Task of a worker that measures a side, and its answer: the measurement with all that it depends on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.events.canonical import canonical_json
from planstore.events.hashing import digest_of
from planstore.training import families
from planstore.training.evidence.side import Measurement, Question, measure_sample, missing_side, sample_of
from planstore.training.execution.inputs import library_versions, rows_digest
from planstore.version import __version__

if TYPE_CHECKING:
    from planstore.training.panel.panel import Panel, Sample


@dataclass(frozen=True)
class SideTask:
    """Task of a worker.

    Attributes:
        question: the side to measure.
        known: digests of the inputs of sides that the driver has, one of which may be this side; None means that the
            side is measured anyway, and its inputs are not needed.
    """

    question: Question
    known: frozenset[str] | None = None

    def __str__(self) -> str:
        return f"{self.question.target} on {self.question.symbol or 'all symbols'}"


@dataclass(frozen=True)
class SideAnswer:
    """Answer to a task.

    Attributes:
        measurement: the measurement; None where the driver has it.
        inputs: all that it depends on; None where that is not needed, or the code of a family has no version.
    """

    measurement: Measurement | None
    inputs: Mapping[str, Any] | None = None

    @property
    def digest(self) -> str:
        """Digest of the inputs."""
        return digest_of(canonical_json(self.inputs))


def answer(panel: Panel, task: SideTask) -> SideAnswer:
    """Run in a worker: measure a side, unless the driver has it."""
    question = task.question
    sample = sample_of(panel, question)
    if sample is None:
        return SideAnswer(Measurement(missing_side(panel, question)))
    inputs = None if task.known is None else _inputs(panel, question, sample)
    if inputs is not None:
        known = SideAnswer(None, inputs)
        if known.digest in (task.known or ()):
            return known
    return SideAnswer(measure_sample(panel.target(question.target), question, sample), inputs)


def _inputs(panel: Panel, question: Question, sample: Sample) -> dict[str, Any] | None:
    """Return all that a side depends on; None where the code of a family is not known by a version."""
    versions, is_complete = library_versions(question.families)
    if not is_complete:
        return None
    settings = {one.name: getattr(question, one.name) for one in fields(question) if one.name != "earlier"}
    if question.symbol is not None or len(sample.labels) <= (question.fit_rows or math.inf):
        del settings["fit_rows"]  # because a limit that changes nothing is no input
    return settings | {
        "rows": [rows_digest(sample), digest_of(sample.places.astype("<i8").tobytes())],
        "classes": sample.classes.tolist(),
        "target": asdict(panel.target(question.target)),
        "features": list(sample.source.names),
        "families": [family.model_dump(mode="json") for family in question.families],
        "limits": asdict(question.limits),
        "libraries": versions,
        "code": _code(),
    }


@cache
def _code() -> str:
    """Return the digest of the code that measures, because a version would have to be raised with each change of it."""
    measuring = [*Path(__file__).parent.glob("*.py"), Path(families.__file__)]
    return digest_of(b"\0".join([__version__.encode(), *(path.read_bytes() for path in sorted(measuring))]))
