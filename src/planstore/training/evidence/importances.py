"""Importances of features in fitted estimators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def importances(estimator: Any) -> dict[str, np.ndarray]:
    """Return the importance of each feature by source, the most telling source first; empty where it has none.

    Sources are ``gain`` and ``splits`` of LightGBM, ``importance`` of other trees, ``weight`` of linear models.
    """
    import numpy as np

    estimator = _innermost(estimator)
    if hasattr(estimator, "booster_"):
        gain, splits = (estimator.booster_.feature_importance(kind) for kind in ("gain", "split"))
        return {"gain": np.asarray(gain, dtype=float), "splits": np.asarray(splits, dtype=float)}
    if hasattr(estimator, "feature_importances_"):
        return {"importance": np.asarray(estimator.feature_importances_, dtype=float)}
    if hasattr(estimator, "coef_"):
        return {"weight": np.abs(np.atleast_2d(estimator.coef_)).mean(axis=0)}
    return {}


def _innermost(estimator: Any) -> Any:
    if hasattr(estimator, "regressor_"):
        return _innermost(estimator.regressor_)
    return _innermost(estimator.steps[-1][1]) if hasattr(estimator, "steps") else estimator
