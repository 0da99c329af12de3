"""The older import path of the trainer; use ``planstore.training.trainer`` instead."""

import warnings

from planstore.training.older import IntelligentTrainer

warnings.warn(
    f"{__name__} is an older import path; import from planstore.training.trainer", DeprecationWarning, stacklevel=2
)

__all__ = ["IntelligentTrainer"]
