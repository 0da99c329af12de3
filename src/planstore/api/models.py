"""Trained models of a store, as methods of the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.pages.answers import ResultRows, plural
from planstore.runs.lookup import RunName

if TYPE_CHECKING:
    from planstore.api.parts import StoreParts
    from planstore.models.model import Model
    from planstore.training.panel.settings import PanelSettingsSource
    from planstore.training.prediction.outcome import PanelPredictions

COLUMNS = (
    "target",
    "symbol",
    "family",
    "fit",
    "score",
    "evidence_score",
    "null_score",
    "trained_at",
    "size",
    "job_id",
    "reused_from",
)
"""Columns of the models that prose and HTML show."""


class ModelAccess:
    """The part of :class:`~planstore.Store` that finds trained models.

    Attributes:
        access: the ledger and its sessions.
    """

    access: StoreAccess

    @checked
    def model(
        self, name: str, symbol: str | None = None, *, plan: RunName | None = None, allow_pickle: bool = False
    ) -> Model:
        """Return the model of a job, or the one that predicts for a target or pair, as trained.

        A pair is predicted by its own job, or by the cross-sectional job of its target where it is routed to that.

        Args:
            name: id of a job; or a target.
            symbol: the symbol of the pair; None means the job, or the cross-sectional model of the target.
            plan: a run, named as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.
            allow_pickle: load models that are pickles, which can run code from the file: for stores that you trust.

        Raises:
            NotFoundError: the plan has no such job or pair, or its job has not succeeded.
            RequestError: a model is a pickle, and pickles are not allowed.
        """
        from planstore.models.model import find_model

        session, artifacts = self.access.session, self.access.ledger.artifacts
        return find_model(session, artifacts, self.access.plan_id(plan), name, symbol, allow_pickle=allow_pickle)

    @checked
    def models(self, *, plan: RunName | None = None) -> ResultRows[dict[str, Any]]:
        """Return the trained models of a plan, by target and symbol.

        Each has its job, family, ``fit`` (``scored`` or ``refitted``), the score of the job, score and null of the
        evidence, time of training and age in seconds, size in bytes, format and digest; ``reused_from``, as `PLAN/JOB`,
        is the job that trained it where its own was not trained again.

        Args:
            plan: a run, named as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.

        Raises:
            NotFoundError: there is no such plan.
        """
        from planstore.models.formats import ModelFormat

        plan_id = self.access.plan_id(plan)
        now = self.access.moment()[1]
        rows = self.access.session.records("models/list", plan_id=plan_id)
        found = [
            {name: value for name, value in row.items() if name != "media_type"}
            | {
                "format": str(ModelFormat.of(row["media_type"])),
                "age_seconds": max(0, round((now - row["trained_at"]).total_seconds())),
            }
            for row in rows
        ]
        return ResultRows(found, f"{plural(len(found), 'model')} of plan {plan_id[:12]}", COLUMNS)

    @checked
    def predict(
        self: StoreParts,
        panel: Path | str,
        out: Path | str,
        *,
        plan: RunName | None = None,
        targets: Sequence[str] | None = None,
        symbols: Sequence[str] | None = None,
        after: datetime | None = None,
        every_job: bool = False,
        allow_pickle: bool = False,
        settings: PanelSettingsSource | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> PanelPredictions:
        """Predict the rows of a panel with the models of a plan, into a parquet file.

        Each row is predicted once for each target, by the model that the route of the pair leads to. The panel needs
        no columns of targets. Memory is bounded for a panel of any length, and a reader of the file sees all of it or
        none.

        Args:
            panel: features: a folder (one file per symbol, or hive folders) or one long file; parquet or CSV; or the
                address ``s3://BUCKET/PREFIX`` of either.
            out: parquet file; an existing one is replaced. Columns: ``timestamp`` (UTC), ``symbol``, ``target``,
                ``class`` (the label whose probability is predicted; null for a regression), ``prediction``, ``job``,
                ``model`` (digest of the description of the job's models).
            plan: a run, named as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.
            targets: targets to predict; None means all.
            symbols: symbols to predict; None means all.
            after: predict only rows later than this time, UTC by default; None means all.
            every_job: predict with cross-sectional models for every symbol too, whatever the route of its pair: then a
                row can have several predictions of a target, by several jobs.
            allow_pickle: load models that are pickles, which can run code from the file.
            settings: settings of the panel, as for :meth:`Panel.read <planstore.Panel.read>`: columns to ignore are not
                read.
            progress: callback that receives the number of rows read so far.

        Raises:
            NotFoundError: there is no such plan, or it has no trained model for these targets and symbols.
            PanelError: the panel cannot be read, lacks features, has a row twice, or has no row that the plan
                predicts.
            RequestError: an argument is invalid, or a model is a pickle and pickles are not allowed.
            ExportError: the file cannot be written.
        """
        from planstore.training.prediction.predict import PredictionFiles, predict_panel
        from planstore.training.prediction.serving import ServingModels

        files = PredictionFiles.checked(panel, Path(out), settings)
        serving = ServingModels.find(
            self, self.access.plan_id(plan), targets, symbols, every_job=every_job, allow_pickle=allow_pickle
        )
        return predict_panel(files, serving, after, progress)

    @checked
    def export_models(self, job_id: str, folder: str | Path, *, plan: RunName | None = None) -> list[Path]:
        """Write the model files of a job and ``manifest.json`` into a new folder, and return their paths.

        No model is loaded. The models that a job of ``ROUTE_BOTH`` is averaged with are in the folder ``pooled``.

        Args:
            job_id: the job.
            folder: a folder that does not exist, or is empty.
            plan: a run, named as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.

        Raises:
            NotFoundError: the plan has no such job, or it has not succeeded.
            RequestError: the folder has files, or is inside of a store.
            ExportError: a file cannot be written.
        """
        from planstore.models.export import export_models

        session, artifacts = self.access.session, self.access.ledger.artifacts
        return export_models(session, artifacts, self.access.plan_id(plan), job_id, Path(folder))
