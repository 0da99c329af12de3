"""Pickles of models with reproducible bytes. Loading one can run code from it."""

from __future__ import annotations

import io
import pickle
from typing import Any


class _Pickler(pickle._Pickler):
    """Pickler without references to repeated texts, because bytes must not depend on the identity of equal texts."""

    def memoize(self, obj: Any) -> None:
        if not isinstance(obj, str | bytes):
            super().memoize(obj)  # type: ignore[misc]


def dump(model: Any) -> bytes:
    """Return the pickle of a model."""
    file = io.BytesIO()
    _Pickler(file, protocol=5).dump(model)
    return file.getvalue()


def load(content: bytes) -> Any:
    """Return the model in a pickle; it can run code from the pickle, so that a caller must have allowed it."""
    return pickle.loads(content)
