"""Serialization of trained models with reproducible bytes."""

from __future__ import annotations

import io
import pickle
from typing import Any

MEDIA_TYPE = "application/x-python-pickle"


class _Pickler(pickle._Pickler):
    """Pickler without references to repeated texts, because bytes must not depend on the identity of equal texts."""

    def memoize(self, obj: Any) -> None:
        if not isinstance(obj, str | bytes):
            super().memoize(obj)  # type: ignore[misc]


def dump_model(model: Any) -> bytes:
    """Return ``model`` as a pickle for :func:`pickle.loads`."""
    file = io.BytesIO()
    _Pickler(file, protocol=5).dump(model)
    return file.getvalue()


def load_model(content: bytes) -> Any:
    """Return the model in ``content``. A pickle can run code: load only artifacts of a verified store."""
    return pickle.loads(content)
