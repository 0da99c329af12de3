"""Feature selection by vote: each source of importances votes for its first features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

F_ROWS, MUTUAL_ROWS = 10_000, 1000
"""Rows, evenly spread over time, that F and mutual information, the slow one, are computed on at most."""


@dataclass(frozen=True)
class Vote:
    """Votes of the sources for one feature.

    Attributes:
        feature: name of the feature.
        votes: number of sources that have it among their first ``most``.
        ranks: its rank in each source, from 1.
    """

    feature: str
    votes: int
    ranks: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def univariate(features: np.ndarray, labels: np.ndarray, *, classes: bool, seed: int) -> dict[str, np.ndarray]:
    """Return univariate statistics of each feature with the labels: the F statistic and mutual information.

    The rows must be training rows, because a selection that has seen the test makes its score worthless; of many,
    `F_ROWS` that are spread over time are enough.
    """
    import numpy as np
    from sklearn.feature_selection import f_classif, f_regression, mutual_info_classif, mutual_info_regression

    filled = _filled(features.astype(float))
    varied = np.ptp(filled, axis=0) > 0
    found = {"f": np.zeros(features.shape[1]), "mutual_information": np.zeros(features.shape[1])}
    if not varied.any():
        return found
    with np.errstate(divide="ignore"):  # because F is infinite for a feature that has one value per class
        found["f"][varied] = (f_classif if classes else f_regression)(filled[:, varied], labels)[0]
    fewer = spread(len(labels), MUTUAL_ROWS)
    filled, labels = filled[fewer], labels[fewer]
    if classes and np.unique(labels, return_counts=True)[1].min() < 4:
        del found["mutual_information"]  # because it is estimated from neighbours of the same class
        return found
    mutual = mutual_info_classif if classes else mutual_info_regression
    found["mutual_information"][varied] = mutual(filled[:, varied], labels, random_state=seed)
    return found


def select(names: Sequence[str], sources: Mapping[str, np.ndarray], most: int) -> list[Vote]:
    """Return the ``most`` features with the most votes; ties go to the better mean rank, then to the name."""
    import numpy as np
    from scipy.stats import rankdata

    if not sources:
        return []
    ranks = {source: rankdata(-np.nan_to_num(values), method="min") for source, values in sources.items()}
    said = [
        Vote(
            name,
            sum(bool(ranks[source][place] <= most and sources[source][place] > 0) for source in sources),
            {source: int(ranks[source][place]) for source in sources},
        )
        for place, name in enumerate(names)
    ]
    said.sort(key=lambda vote: (-vote.votes, sum(vote.ranks.values()), vote.feature))
    return said[:most]


def spread(rows: int, most: int) -> np.ndarray:
    """Return the numbers of at most ``most`` of some rows, evenly spread."""
    import numpy as np

    return np.linspace(0, rows - 1, min(most, rows)).round().astype(int)


def _filled(features: np.ndarray) -> np.ndarray:
    """Return features with missing values replaced by the median of the feature."""
    import numpy as np

    missing = np.isnan(features)
    known = ~missing.all(axis=0)
    medians = np.zeros(features.shape[1])
    medians[known] = np.nanmedian(features[:, known], axis=0)
    return np.where(missing, medians, features)
