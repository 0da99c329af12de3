"""Files of scikit-learn estimators, in the format of skops, with reproducible bytes.

A file of skops is a zip archive of a JSON tree and arrays. skops refuses every type that is neither one of its own list
nor of `TRUSTED`; names of trusted types are never read from the file.
"""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from typing import Any

from planstore.errors import StoreError

TRUSTED = (
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
    "numpy.dtype",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)
"""Types that a file may hold besides those that skops trusts itself: parts of estimators, which hold numbers only."""
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_IMMUTABLE = ("JsonNode", "TypeNode")
"""Kinds of nodes whose identity has no meaning, and differs from process to process."""


def dump(estimator: Any) -> bytes:
    """Return the file of an estimator.

    Raises:
        StoreError: the estimator has parts of types that are not trusted.
        Exception: skops cannot hold the estimator.
    """
    import skops.io

    content = skops.io.dumps(estimator)
    untrusted = sorted(set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED))
    if untrusted:
        raise StoreError(f"it has parts that planstore does not trust: {', '.join(untrusted)}")
    return _reproducible(content)


def load(content: bytes) -> Any:
    """Return the estimator in a file.

    Raises:
        Exception: the file is invalid, or holds a type that is not trusted.
    """
    import skops.io
    from sklearn.exceptions import InconsistentVersionWarning

    with warnings.catch_warnings():
        # because the versions recorded with the model are compared, and named in one warning
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        return skops.io.loads(content, trusted=list(TRUSTED))


def _reproducible(content: bytes) -> bytes:
    """Return a file with ids, names and times that do not depend on the process and the clock."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        tree = json.loads(archive.read("schema.json"))
        names: dict[str, str] = {}
        _renumber(tree, {}, names)
        files = {new: archive.read(old) for old, new in names.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in {"schema.json": json.dumps(tree, separators=(",", ":")).encode(), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _TIMESTAMP), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _renumber(node: Any, ids: dict[int, int], names: dict[str, str]) -> None:
    """Number ids and files of a tree in the order in which they appear; ids are addresses in memory."""
    if isinstance(node, list):
        for item in node:
            _renumber(item, ids, names)
    elif isinstance(node, dict):
        if "__loader__" in node:
            number = node.pop("__id__", None)
            if number is not None and node["__loader__"] not in _IMMUTABLE:
                node["__id__"] = ids.setdefault(number, len(ids) + 1)
            if isinstance(name := node.get("file"), str):
                node["file"] = names.setdefault(name, f"{len(names) + 1}.{name.rpartition('.')[2]}")
        for item in node.values():
            _renumber(item, ids, names)
