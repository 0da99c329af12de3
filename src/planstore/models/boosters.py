"""Files of LightGBM and XGBoost models, in the libraries' own text and JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def is_lightgbm(estimator: Any) -> bool:
    """Return whether an estimator is LightGBM's own; a subclass may predict in another way."""
    lightgbm = sys.modules.get("lightgbm")
    return lightgbm is not None and type(estimator) in (lightgbm.LGBMClassifier, lightgbm.LGBMRegressor)


def is_xgboost(estimator: Any) -> bool:
    """Return whether an estimator is XGBoost's own; a subclass may predict in another way."""
    xgboost = sys.modules.get("xgboost")
    return xgboost is not None and type(estimator) in (xgboost.XGBClassifier, xgboost.XGBRegressor)


def dump_lightgbm(estimator: Any) -> bytes:
    """Return LightGBM's text of a fitted estimator."""
    return cast(str, estimator.booster_.model_to_string()).encode()


def load_lightgbm(content: bytes, classifies: bool) -> LightGBMModel:
    """Return the model in a LightGBM text."""
    import lightgbm

    return LightGBMModel(lightgbm.Booster(model_str=content.decode()), classifies)


def dump_xgboost(estimator: Any) -> bytes:
    """Return XGBoost's JSON of a fitted estimator."""
    return bytes(estimator.get_booster().save_raw(raw_format="json"))


def load_xgboost(content: bytes, classifies: bool) -> Any:
    """Return an XGBoost estimator with the model in a JSON file."""
    import xgboost

    estimator = (xgboost.XGBClassifier if classifies else xgboost.XGBRegressor)()
    estimator.load_model(bytearray(content))
    return estimator


class LightGBMModel:
    """LightGBM booster with scikit-learn's methods, because LightGBM's own estimators cannot be read from its text.

    Args:
        booster: a ``lightgbm.Booster``.
        classifies: whether it predicts classes.

    Attributes:
        booster_: the booster.
        n_features_in_: number of features.
    """

    def __init__(self, booster: Any, classifies: bool) -> None:
        self.booster_ = booster
        self.n_features_in_: int = booster.num_feature()
        self._classifies = classifies

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return values, or of a classification the position of the most probable class."""
        import numpy as np

        return np.argmax(self.predict_proba(features), axis=1) if self._classifies else self._predict(features)

    def predict_proba(self, features: pd.DataFrame) -> np.ndarray:
        """Return the probability of each class."""
        import numpy as np

        found = self._predict(features)
        return np.column_stack([1.0 - found, found]) if found.ndim == 1 else found

    def _predict(self, features: pd.DataFrame) -> np.ndarray:
        import numpy as np

        return np.asarray(self.booster_.predict(features))
