"""Cache of measured sides in the user's cache: a measurement that was killed goes on where it stopped.

The driver has the cache, whichever machine measures. A side is found by the digest of all that it depends on: its
rows, target, families, folds, seed, limits, libraries and the code that measures. The comparison with earlier evidence
is made each time, because that evidence grows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from platformdirs import user_cache_path

from planstore.checks.whole_files import whole_file
from planstore.errors import ExportError
from planstore.events.canonical import canonical_json
from planstore.events.hashing import digest_of
from planstore.training.evidence.side import MeasuredSide, Measurement, Question
from planstore.training.evidence.side_task import SideAnswer

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MOST_BYTES = 2**30
"""Bytes that measured sides have at most; those used the longest ago are removed."""


@dataclass(frozen=True)
class FoundSide:
    """A side, measured now or before.

    Attributes:
        side: the side.
        is_reused: whether it was measured before.
        differing: inputs that differ from the last measurement of the target and symbol, where there is one.
    """

    side: MeasuredSide
    is_reused: bool = False
    differing: Sequence[str] = ()


class SideCache:
    """Measured sides in a folder, one for each target and symbol.

    Args:
        folder: the folder; it is made where it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def known(self, question: Question) -> frozenset[str]:
        """Return the digests of the inputs of stored sides of a target and symbol."""
        return frozenset(path.stem for path in self._folder_of(question).glob("*.json"))

    def take(self, question: Question, answer: SideAnswer) -> FoundSide | None:
        """Return the side of a worker's answer, and store it if it is new; None if its file is not whole."""
        folder, inputs, measurement = self._folder_of(question), answer.inputs, answer.measurement
        if inputs is None:
            return None if measurement is None else FoundSide(measurement.compared(question.earlier))
        path = folder / f"{answer.digest}.json"
        if measurement is not None:
            differing = _differing(folder, inputs)
            _write(path, inputs, measurement)
            return FoundSide(measurement.compared(question.earlier), differing=differing)
        known = _read(path)
        if known is None:
            return None
        with suppress(OSError):  # because another process may have removed it, or only its writer may touch it
            os.utime(path)
        return FoundSide(known.compared(question.earlier), is_reused=True)

    def _folder_of(self, question: Question) -> Path:
        return self.folder / digest_of(canonical_json([question.target, question.symbol]))[:16]

    def clean(self, most_bytes: int = 0) -> int:
        """Remove sides that were used the longest ago, until the others have at most some bytes; return the bytes."""
        found = []
        for path in self.folder.glob("*/*.json"):
            with suppress(FileNotFoundError):  # because another process may remove it
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        size = sum(one for _, one, _ in found)
        removed = 0
        for _, bytes_, path in sorted(found):
            if size - removed <= most_bytes:
                break
            path.unlink(missing_ok=True)
            removed += bytes_
        return removed


def side_cache() -> SideCache:
    """Return the cache of this user."""
    return SideCache(user_cache_path("planstore") / "sides")


def _read(path: Path) -> Measurement | None:
    """Return the measurement in a file; None if there is none that is whole."""
    try:
        document = orjson.loads(path.read_bytes())
        found = document["measurement"]
        if digest_of(orjson.dumps(found)) != document["digest"]:
            return None
        return _checking().validate_python(found)
    except (OSError, ValueError, KeyError, TypeError):
        return None


@cache
def _checking() -> TypeAdapter[Measurement]:
    from pydantic import TypeAdapter

    return TypeAdapter(Measurement)


def _write(path: Path, inputs: Mapping[str, Any], measurement: Measurement) -> None:
    """Store a measurement, unless its file would not say the same, or the folder cannot be written."""
    with suppress(OSError, ExportError):  # because a side that cannot be stored is measured again
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = orjson.dumps(asdict(measurement))
        document = {"inputs": inputs, "measurement": orjson.Fragment(content), "digest": digest_of(content)}
        with whole_file(path) as unfinished:
            unfinished.write_bytes(orjson.dumps(document))
            if _read(unfinished) != measurement:
                raise OSError(f"{path} cannot hold the side")


def _differing(folder: Path, inputs: Mapping[str, Any]) -> list[str]:
    """Return the names of inputs that differ from those of the last measurement of the same target and symbol."""
    try:
        newest = max(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        before = _single_inputs(orjson.loads(newest.read_bytes())["inputs"])
    except (OSError, ValueError, KeyError):
        return []
    now = _single_inputs(orjson.loads(orjson.dumps(inputs)))
    return [name for name, value in now.items() if before.get(name) != value]


def _single_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs with each setting of the target by itself."""
    single = {**inputs}
    target = single.pop("target")
    return {"horizon": target["horizon"], "embargo": target["embargo"], "task": target["task_type"]} | (
        single | {"classes": [single["classes"], target["classes"]]}
    )
