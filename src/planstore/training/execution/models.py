"""Trained models as bytes: the same model is always the same bytes."""

from __future__ import annotations

import io
import pickle
from typing import Any

MEDIA_TYPE = "application/x-python-pickle"


class _Pickler(pickle._Pickler):
    """Writes every text out in full, so that bytes depend on what texts say and not on which of them are one object."""

    def memoize(self, obj: Any) -> None:
        if not isinstance(obj, str | bytes):
            super().memoize(obj)  # type: ignore[misc]


def dump_model(model: Any) -> bytes:
    """Return ``model`` as a pickle that :func:`pickle.loads` reads."""
    file = io.BytesIO()
    _Pickler(file, protocol=5).dump(model)
    return file.getvalue()


def load_model(content: bytes) -> Any:
    """Return the model in ``content``. A pickle can run code: load only what a verified store holds."""
    return pickle.loads(content)
