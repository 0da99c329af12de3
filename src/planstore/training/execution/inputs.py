"""Inputs of a job: everything that its models depend on, as a document whose digest identifies them."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import TYPE_CHECKING

from planstore.events.canonical import canonical_json
from planstore.events.digest import RowsDigest
from planstore.events.hashing import digest_of
from planstore.training.families import Family

if TYPE_CHECKING:
    from planstore.training.execution.task import Task
    from planstore.training.panel.panel import Sample
    from planstore.training.panel.target import Target

NAME = "inputs"
"""Name of the artifact of a trained job."""
MEDIA_TYPE = "application/json"
CODE = 1
"""Version of the training code; raise it when the same inputs lead to other models, predictions or metrics."""
_LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy")
"""Libraries that every training uses."""
_BLOCK = 65_536
"""Rows whose digest is computed at once, because their values are converted into doubles."""
_NOT_INPUTS = {"job_id", "attempt", "evidence_score", "earlier", "fit_rows"}
"""Fields of a task on which no model depends; on the maximum number of rows, only those of which some are left out."""


@dataclasses.dataclass(frozen=True)
class JobInputs:
    """Inputs of a job.

    Attributes:
        document: canonical JSON.
        is_complete: whether the document says all: families of code without an installed version are only named in it,
            so that their jobs are always trained.
    """

    document: bytes
    is_complete: bool

    @property
    def digest(self) -> str:
        """Digest of the document."""
        return digest_of(self.document)

    @classmethod
    def of(cls, sample: Sample, target: Target, task: Task) -> JobInputs:
        """Return the inputs of a task on a sample of the panel."""
        versions, is_complete = library_versions(task.families)
        settings = {
            field.name: getattr(task, field.name) for field in dataclasses.fields(task) if field.name not in _NOT_INPUTS
        }
        document = settings | {
            "panel": {
                "digest": rows_digest(sample),
                "rows": len(sample.labels),
                "first": str(sample.timestamps.min()),
                "last": str(sample.timestamps.max()),
            },
            "target": dataclasses.asdict(target),
            "families": {family.name: family.model_dump(mode="json") for family in task.families},
            "left_out": list(task.left_out),
            "features": list(sample.source.names),
            "pooled": None if task.pooled is None else digest_of(task.pooled),
            "libraries": versions,
            "code": CODE,
        }
        if task.symbol is None and task.fit_rows is not None and len(sample.labels) > task.fit_rows:
            document["fit_rows"] = task.fit_rows
        return cls(canonical_json(document), is_complete)


def rows_digest(sample: Sample) -> str:
    """Return the digest of a sample: keys, features as doubles, and labels."""
    import numpy as np
    import pyarrow as pa

    keys = pa.table({"timestamp": sample.timestamps, "symbol": pa.array(sample.symbols, pa.string())})
    features = RowsDigest(pa.schema([(name, pa.float64()) for name in sample.source.names]))
    for first in range(0, len(sample.labels), _BLOCK):
        rows = np.arange(first, min(first + _BLOCK, len(sample.labels)))
        block = sample.source.frame(rows).astype(float)
        features.update(pa.RecordBatch.from_pandas(block, preserve_index=False))
    labels = RowsDigest.of_table(pa.table({"label": sample.labels}))
    digests = [digest.hexdigest() for digest in (RowsDigest.of_table(keys), features, labels)]
    return digest_of("\n".join(digests).encode())


def _paths(families: Iterable[Family]) -> Iterator[str]:
    """Yield the import paths of families and of their members."""
    for family in families:
        yield from filter(None, (family.estimators.classification, family.estimators.regression))
        yield from _paths(family.combines)


def library_versions(families: Iterable[Family]) -> tuple[dict[str, str | None], bool]:
    """Return the installed versions of all that families compute with, and whether each of their modules has one."""
    modules = {path.partition(".")[0] for path in _paths(families)}
    packages = _packages()
    found = {name: _version([name]) for name in _LIBRARIES}
    found |= {module: _version(packages.get(module, ())) for module in sorted(modules)}
    return found | {"python": platform.python_version()}, all(found.get(module) is not None for module in modules)


@cache
def _packages() -> Mapping[str, Sequence[str]]:
    """Return the installed packages by module."""
    return packages_distributions()


def _version(packages: Iterable[str]) -> str | None:
    for package in packages:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return None
