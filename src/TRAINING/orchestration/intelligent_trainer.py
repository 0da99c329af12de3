"""Deprecated import path of the trainer; import from ``planstore.training.trainer``."""

import warnings

from planstore.training.older import IntelligentTrainer

warnings.warn(
    f"{__name__} is an older import path; import from planstore.training.trainer", DeprecationWarning, stacklevel=2
)

__all__ = ["IntelligentTrainer"]
