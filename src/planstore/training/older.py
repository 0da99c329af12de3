"""Deprecated entry points with their original signatures; new code uses `planstore.training.trainer`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import planstore
from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.models.description import DESCRIPTION, JobModels
from planstore.models.formats import load_estimator
from planstore.projections.file_names import file_names
from planstore.routing.policy_defaults import DEFAULT_POLICY
from planstore.routing.policy_reader import PolicySource
from planstore.training.execution.fit import train_job
from planstore.training.execution.inputs import NAME as INPUTS
from planstore.training.execution.task import Result, Task
from planstore.training.families import Family, families_of, load_families
from planstore.training.panel.panel import Panel
from planstore.training.trainer import Trained, train_panel

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class IntelligentTrainer:
    """Trainer that ranks targets, selects features, routes, plans and trains, from a data folder to a results folder.

    Attributes:
        data_dir: features and targets, as for `Panel.read`.
        symbols: symbols to train; None means all.
        output_dir: results folder.
        policy: routing policy.
    """

    data_dir: str | Path
    symbols: Sequence[str] | None = None
    output_dir: str | Path = "output"
    policy: PolicySource = field(default=DEFAULT_POLICY)

    @checked
    def train_with_intelligence(
        self,
        auto_targets: bool = False,
        top_n_targets: int = 5,
        auto_features: bool = False,
        top_m_features: int = 100,
        targets: Sequence[str] | None = None,
        features: Sequence[str] | None = None,
        families: Sequence[str] | None = None,
        **options: Any,
    ) -> Trained:
        """Measure, route, plan and train the targets of the data folder.

        Args:
            auto_targets: route the best ``top_n_targets`` targets; otherwise all, or those of ``targets``.
            top_n_targets: number of targets to route.
            auto_features: select ``top_m_features`` features for each target; otherwise all, or those of ``features``.
            top_m_features: number of features to select per target.
            targets: names or patterns of the targets to measure.
            features: feature names for every target.
            families: model families to train; None means lightgbm and xgboost.
            options: further arguments of `train_panel`, such as ``workers`` or ``seed``.

        Raises:
            PanelError, RequestError, PolicyError, FamiliesError: an argument or its file is invalid.
        """
        if auto_features and features is not None:
            raise RequestError("auto_features must be without features, got both: leave one of them out")
        with planstore.open(self.output_dir) as store:
            return train_panel(
                store,
                lambda: Panel.read(self.data_dir, symbols=self.symbols, targets=targets),
                policy=self.policy,
                model_families=families,
                top_targets=top_n_targets if auto_targets else None,
                top_features=top_m_features if auto_features else 0,
                features=features,
                **options,
            )


@checked
def train_models_for_interval_comprehensive(
    interval: str,
    targets: Sequence[str],
    mtf_data: Mapping[str, pd.DataFrame],
    families: Sequence[str],
    strategy: str = "single_task",
    output_dir: str | Path = "output",
    *,
    target_features: Mapping[str, Sequence[str]] | None = None,
    target_families: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Train targets over all symbols, without a plan, and write models and predictions into ``output_dir``.

    Args:
        interval: name of the data's interval, such as ``5m``; part of the result and of the folder.
        targets: targets to train.
        mtf_data: by symbol a frame with a column ``timestamp`` (or ``ts``), features and targets.
        families: model families to train.
        strategy: ``single_task``, the only strategy: separate models for each target.
        output_dir: files are written to ``<output_dir>/<interval>/<target>/``.
        target_features: feature names by target; an absent target uses all features.
        target_families: model families by target; an absent target uses ``families``.
        seed: random seed.

    Returns:
        ``interval``; by target: ``models`` (the estimator of each family), ``metrics``, ``families``, and ``errors``
        (reason of the failure or of the families left out, or None).

    Raises:
        PanelError, RequestError: an argument is invalid.
    """
    if strategy != "single_task":
        raise RequestError(f"strategy must be 'single_task', got {quoted(strategy)}")
    known = load_families()
    panel = _panel(mtf_data, targets)
    folders = file_names([*targets, interval], suffix="")
    result: dict[str, Any] = {"interval": interval, "models": {}, "metrics": {}, "families": {}, "errors": {}}
    for target in targets:
        names = list((target_families or {}).get(target, families))
        features = (target_features or {}).get(target)
        trained = train_job(panel, _task(target, names, known, features, seed))
        result["families"][target] = names
        result["models"][target] = _write_files(trained, Path(output_dir) / folders[interval] / folders[target])
        result["metrics"][target] = dict(trained.metrics)
        result["errors"][target] = trained.error or trained.left_out
    return result


def _panel(data: Mapping[str, pd.DataFrame], targets: Sequence[str]) -> Panel:
    names = file_names(data, suffix=".parquet")
    with tempfile.TemporaryDirectory(prefix="planstore-") as folder:
        for symbol, frame in data.items():
            rows = frame.rename(columns={"ts": "timestamp"}).assign(symbol=symbol)
            rows.to_parquet(Path(folder) / names[symbol], index=False)
        return Panel.read(folder, targets=targets)


def _task(
    target: str, names: Sequence[str], known: Mapping[str, Family], features: Sequence[str] | None, seed: int
) -> Task:
    chosen = families_of(names, known)
    return Task(target, 1, target, None, chosen, features=None if features is None else tuple(features), seed=seed)


def _write_files(result: Result, folder: Path) -> dict[str, Any]:
    """Write the files of a result, and return its estimators by family."""
    contents = {file.name: file.content for file in result.files if file.name != INPUTS}
    if DESCRIPTION not in contents:
        return {}
    described = JobModels.load(contents[DESCRIPTION])
    suffixes = {f"model {one.family}": one.format.suffix for one in described.models}
    suffixes |= {"predictions": ".parquet", DESCRIPTION: ".json"}
    names = file_names(contents, suffix="")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / (names[name] + suffixes[name])).write_bytes(content)
    return {
        one.family: load_estimator(
            contents[f"model {one.family}"],
            one.format,
            classifies=described.classifies,
            allow_pickle=True,  # because this process has made it a moment ago
            name=f"model {one.family}",
        )
        for one in described.models
    }
