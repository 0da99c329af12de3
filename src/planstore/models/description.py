"""Description of a job's models: their target, their columns, and the contents of each file.

It is an artifact of the job, named `DESCRIPTION`, in canonical JSON. Models of older stores have none; their pickles
hold the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from planstore.errors import StoreError
from planstore.events.canonical import canonical_json
from planstore.events.vocabulary import ModelFit
from planstore.models.formats import ModelFormat

DESCRIPTION = "models"
"""Name of the artifact."""
MEDIA_TYPE = "application/json"


def model_file_name(family: str, fit: ModelFit) -> str:
    """Return the name of the artifact with a family's model."""
    return f"model {family}" if fit is ModelFit.SCORED else f"{fit} model {family}"


@dataclass(frozen=True)
class DescribedModel:
    """One model file of a job.

    Attributes:
        family: model family.
        fit: whether it is the scored model, or was fitted again on all labelled rows.
        digest: digest of the file.
        format: format of the file.
        classes: positions, in the labels of the job, of the classes that it has learned; empty for a regression.
        newest_data: timestamp of the newest row that it has learned from; None where an older store does not say it.
        rows: number of rows that it has learned from; None where an older store does not say it.
        libraries: versions of the libraries that it was trained with.
        pickled_because: reason why it is a pickle.
    """

    family: str
    fit: ModelFit
    digest: str
    format: ModelFormat
    classes: tuple[int, ...] = ()
    newest_data: datetime | None = None
    rows: int | None = None
    libraries: Mapping[str, str] = field(default_factory=dict)
    pickled_because: str | None = None


@dataclass(frozen=True)
class JobModels:
    """The models of one job.

    Attributes:
        target: target that they predict.
        symbol: symbol of the rows; None means all symbols.
        task_type: task type of the target.
        features: feature names in order.
        labels: values of the target's classes, smallest first; empty for a regression.
        seed: random seed; None where an older store does not say it.
        models: the model files.
        pooled: digest of the description of the cross-sectional models whose predictions these are averaged with.
    """

    target: str
    symbol: str | None
    task_type: str
    features: tuple[str, ...]
    labels: tuple[float, ...]
    seed: int | None
    models: tuple[DescribedModel, ...]
    pooled: str | None = None

    @property
    def classifies(self) -> bool:
        """Whether the target is a class."""
        return "CLASSIFICATION" in self.task_type

    @property
    def is_binary(self) -> bool:
        """Whether the target has two classes, of which the second is predicted."""
        return self.task_type.startswith("BINARY")

    @property
    def serving(self) -> tuple[DescribedModel, ...]:
        """The model of each family that predicts new rows: the refitted one where there is one."""
        found = {one.family: one for one in self.models if one.fit is ModelFit.SCORED}
        found |= {one.family: one for one in self.models if one.fit is ModelFit.REFITTED}
        return tuple(found.values())

    @property
    def newest_data(self) -> datetime | None:
        """Timestamp of the newest row that a serving model has learned from."""
        return max((one.newest_data for one in self.serving if one.newest_data is not None), default=None)

    def dump(self) -> bytes:
        """Return the description as canonical JSON."""
        return canonical_json(asdict(self, dict_factory=_document))

    @classmethod
    def load(cls, content: bytes) -> JobModels:
        """Return the description in a file.

        Raises:
            StoreError: the file is no description that this planstore can read.
        """
        try:
            document = orjson.loads(content)
            models = tuple(_described(one) for one in document.pop("models"))
            document |= {"features": tuple(document["features"]), "labels": tuple(document["labels"])}
            return cls(**document, models=models)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise StoreError(
                f"the description of models must be one that this planstore knows: {error}: use a newer planstore"
            ) from error


def _document(items: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in items}


def _described(document: dict[str, Any]) -> DescribedModel:
    found = DescribedModel(**document)
    return replace(
        found,
        fit=ModelFit(found.fit),
        format=ModelFormat(found.format),
        classes=tuple(found.classes),
        newest_data=None if found.newest_data is None else datetime.fromisoformat(str(found.newest_data)),
    )
