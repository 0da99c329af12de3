"""Formats of model files. Loading a model runs no code from its file, unless the caller allows pickles.

LightGBM and XGBoost models are kept in the libraries' own text and JSON, and other estimators by skops with a fixed
list of trusted types. An estimator that none of these reproduces exactly is pickled. Equal models have equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from planstore.checks.quoting import quoted
from planstore.errors import RequestError, StoreError
from planstore.models import boosters, pickles, skops_files

if TYPE_CHECKING:
    import pandas as pd

PROBE_ROWS = 100
"""Maximum number of rows on which a file must predict exactly as its model does."""


class ModelFormat(StrEnum):
    """Format of a model file."""

    LIGHTGBM = "lightgbm"
    XGBOOST = "xgboost"
    SKOPS = "skops"
    PICKLE = "pickle"

    @property
    def media_type(self) -> str:
        """Media type of the artifact."""
        return _MEDIA_TYPES[self]

    @property
    def suffix(self) -> str:
        """Suffix of an exported file."""
        return _SUFFIXES[self]

    @classmethod
    def of(cls, media_type: str) -> ModelFormat:
        """Return the format of a media type.

        Raises:
            StoreError: no format has it.
        """
        for one, known in _MEDIA_TYPES.items():
            if known == media_type:
                return one
        raise StoreError(
            f"the media type of a model must be one of {', '.join(_MEDIA_TYPES.values())}, got {quoted(media_type)}: "
            "read the store with a newer planstore"
        )


_MEDIA_TYPES: Mapping[ModelFormat, str] = {
    ModelFormat.LIGHTGBM: "text/x-lightgbm",
    ModelFormat.XGBOOST: "application/x-xgboost+json",
    ModelFormat.SKOPS: "application/x-skops+zip",
    ModelFormat.PICKLE: "application/x-python-pickle",
}
_SUFFIXES: Mapping[ModelFormat, str] = {
    ModelFormat.LIGHTGBM: ".txt",
    ModelFormat.XGBOOST: ".json",
    ModelFormat.SKOPS: ".skops",
    ModelFormat.PICKLE: ".pickle",
}


@dataclass(frozen=True)
class ModelFile:
    """File of a fitted estimator.

    Attributes:
        format: its format.
        content: its bytes.
        reason: reason why it is a pickle; None for other formats.
    """

    format: ModelFormat
    content: bytes
    reason: str | None = None


def dump_model(estimator: Any, probe: pd.DataFrame, *, classifies: bool) -> ModelFile:
    """Return the file of a fitted estimator, in a format that runs no code where there is one.

    Args:
        estimator: an estimator with scikit-learn's interface.
        probe: rows of features, of which the first `PROBE_ROWS` are predicted from the file and compared.
        classifies: whether it predicts classes.
    """
    kind = _safe_format(estimator)
    try:
        content = _DUMPS[kind](estimator)
        loaded = _LOADS[kind](content, classifies)
        rows = probe.iloc[:PROBE_ROWS]
        if _predict(loaded, rows, classifies) == _predict(estimator, rows, classifies):
            return ModelFile(kind, content)
        reason = f"its {kind} file predicts otherwise than the model"
    except Exception as error:  # noqa: BLE001  (an estimator may raise anything; then it is pickled, with the reason)
        reason = f"{kind} cannot hold it: {(str(error).strip().splitlines() or [type(error).__name__])[0]}"
    return ModelFile(ModelFormat.PICKLE, pickles.dump(estimator), reason)


def load_estimator(content: bytes, kind: ModelFormat, *, classifies: bool, allow_pickle: bool, name: str) -> Any:
    """Return the estimator in a model file.

    Args:
        content: the file.
        kind: its format.
        classifies: whether it predicts classes.
        allow_pickle: whether it may be unpickled, which can run code from the file.
        name: name of the model, for the error.

    Raises:
        RequestError: it is a pickle, and pickles are not allowed.
        StoreError: the file is invalid, or holds types that planstore does not trust.
    """
    if kind is ModelFormat.PICKLE:
        refuse_pickle(name, allow_pickle=allow_pickle)
        return pickles.load(content)
    try:
        return _LOADS[kind](content, classifies)
    except Exception as error:  # a library may raise anything about an invalid file
        raise StoreError(f"{name} cannot be loaded from its {kind} file: {error}") from error


def refuse_pickle(name: str, *, allow_pickle: bool) -> None:
    """Refuse to load a pickle that is not allowed.

    Raises:
        RequestError: pickles are not allowed.
    """
    if not allow_pickle:
        raise RequestError(
            f"{name} must be in a format that runs no code, got a pickle: if you trust this store and all who write to "
            "it, allow pickles (--allow-pickle, or allow_pickle=True in Python)"
        )


def _safe_format(estimator: Any) -> ModelFormat:
    if boosters.is_lightgbm(estimator):
        return ModelFormat.LIGHTGBM
    return ModelFormat.XGBOOST if boosters.is_xgboost(estimator) else ModelFormat.SKOPS


def _predict(estimator: Any, rows: pd.DataFrame, classifies: bool) -> bytes:
    """Return the bytes of an estimator's predictions, which equal those of another only if every bit does."""
    import numpy as np

    predicted = estimator.predict_proba(rows) if classifies else estimator.predict(rows)
    return np.asarray(predicted, dtype=float).tobytes()


_DUMPS: Mapping[ModelFormat, Callable[[Any], bytes]] = {
    ModelFormat.LIGHTGBM: boosters.dump_lightgbm,
    ModelFormat.XGBOOST: boosters.dump_xgboost,
    ModelFormat.SKOPS: skops_files.dump,
}
_LOADS: Mapping[ModelFormat, Callable[[bytes, bool], Any]] = {
    ModelFormat.LIGHTGBM: boosters.load_lightgbm,
    ModelFormat.XGBOOST: boosters.load_xgboost,
    ModelFormat.SKOPS: lambda content, _: skops_files.load(content),
}
