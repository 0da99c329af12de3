"""Deprecated import path of training without a plan; import from ``planstore.training.execution.train``."""

import warnings

from planstore.training.older import train_models_for_interval_comprehensive

warnings.warn(
    f"{__name__} is an older import path; import from planstore.training.execution.train",
    DeprecationWarning,
    stacklevel=2,
)

__all__ = ["train_models_for_interval_comprehensive"]
